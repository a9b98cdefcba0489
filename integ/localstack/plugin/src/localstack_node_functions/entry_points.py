"""Everything that LocalStack finds by name, see pyproject.toml. Imports are late: LocalStack is not whole yet when it reads this."""

from localstack.runtime import hooks
from localstack.services.cloudformation.resource_provider import CloudFormationResourceProviderPlugin
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin


class NodeProcessExecutorPlugin(RuntimeExecutorPlugin):
    name = "node-processes"

    def load(self, *args, **kwargs):
        from localstack_node_functions.executor import NodeProcessExecutor

        return NodeProcessExecutor


class ArchiveProviderPlugin(CloudFormationResourceProviderPlugin):
    name = "AWS::Events::Archive"

    def __init__(self):
        self.factory = None

    def should_load(self) -> bool:
        from localstack_node_functions.corrections import is_wanted

        return is_wanted("archive-provider")

    def load(self):
        from localstack_node_functions.archive_provider import ArchiveProvider

        self.factory = ArchiveProvider


@hooks.on_infra_start()
def follow_supervisor():
    from localstack_node_functions import supervised

    supervised.end_with_supervisor()


@hooks.on_infra_start()
def hand_over_client_context():
    from localstack_node_functions import client_context

    client_context.hand_over()


@hooks.on_infra_start()
def make_corrections():
    from localstack_node_functions import corrections

    corrections.make()
