"""`AWS::Events::Archive` for CloudFormation, on LocalStack's own archives.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html
"""

import json

from localstack.services.cloudformation.provider_utils import generate_default_name
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent, ResourceProvider, ResourceRequest

MAX_NAME = 48


class ArchiveProvider(ResourceProvider):
    TYPE = "AWS::Events::Archive"
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/ArchiveName"],
        "readOnlyProperties": ["/properties/Arn"],
        "createOnlyProperties": ["/properties/ArchiveName", "/properties/SourceArn"],
        "properties": {
            name: {} for name in ("ArchiveName", "SourceArn", "Arn", "EventPattern", "RetentionDays", "Description", "KmsKeyIdentifier")
        },
    }

    def create(self, request: ResourceRequest) -> ProgressEvent:
        model = request.desired_state
        if not model.get("ArchiveName"):
            model["ArchiveName"] = generate_default_name(request.stack_name, request.logical_resource_id)[:MAX_NAME]
        answer = request.aws_client_factory.events.create_archive(
            ArchiveName=model["ArchiveName"], EventSourceArn=model["SourceArn"], **_changeable(model)
        )
        return _done(request, {**model, "Arn": answer["ArchiveArn"]})

    def update(self, request: ResourceRequest) -> ProgressEvent:
        name = request.previous_state["ArchiveName"]
        # an absent retention means for ever, which the API calls 0
        properties = {"RetentionDays": 0, "Description": "", **_changeable(request.desired_state)}
        answer = request.aws_client_factory.events.update_archive(ArchiveName=name, **properties)
        return _done(request, {**request.desired_state, "ArchiveName": name, "Arn": answer["ArchiveArn"]})

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        events = request.aws_client_factory.events
        try:
            events.delete_archive(ArchiveName=request.desired_state["ArchiveName"])
        except events.exceptions.ResourceNotFoundException:
            # somebody was faster: what the template asks for is the case
            pass
        return _done(request, {})

    def read(self, request: ResourceRequest) -> ProgressEvent:
        archive = request.aws_client_factory.events.describe_archive(ArchiveName=request.desired_state["ArchiveName"])
        model = {"ArchiveName": archive["ArchiveName"], "SourceArn": archive["EventSourceArn"], "Arn": archive["ArchiveArn"]}
        return _done(request, {**model, "RetentionDays": archive.get("RetentionDays", 0)})


def _changeable(model: dict) -> dict:
    """Properties that an update may change, as the API wants them; from a template, numbers may come as text."""
    properties = {}
    if model.get("EventPattern") is not None:
        properties["EventPattern"] = json.dumps(model["EventPattern"])
    if model.get("RetentionDays") is not None:
        properties["RetentionDays"] = int(model["RetentionDays"])
    if model.get("Description") is not None:
        properties["Description"] = model["Description"]
    return properties


def _done(request: ResourceRequest, model: dict) -> ProgressEvent:
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model, custom_context=request.custom_context)
