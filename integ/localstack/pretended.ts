import { paginateListStackResources, type CloudFormationClient } from '@aws-sdk/client-cloudformation';

/** Types that LocalStack cannot create and that a test can do without, each with the reason. */
export const knownPretended: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'tells AWS which constructs are used, creates nothing',
  'AWS::CloudWatch::Dashboard': 'shown to people only; its content is asserted on the template',
};

/** A resource of a stack that LocalStack reports as created although it only pretended. */
export interface PretendedResource {
  readonly logicalId: string;
  readonly type: string;
}

/** Finds what LocalStack only pretended to create, except for types that are known and named with a reason. */
export async function pretendedResources(client: CloudFormationClient, stackName: string): Promise<PretendedResource[]> {
  const found: PretendedResource[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
    for (const { LogicalResourceId: logicalId = '', ResourceType: type = '', ResourceStatusReason: reason = '' } of page.StackResourceSummaries ?? []) {
      if (reason.includes('is not supported but was deployed as a fallback') && !(type in knownPretended)) { found.push({ logicalId, type }); }
    }
  }
  return found;
}

/** Fails a deployment that would make a test pass for nothing. */
export async function failOnPretended(client: CloudFormationClient, stackName: string): Promise<void> {
  const found = await pretendedResources(client, stackName);
  if (found.length > 0) {
    const resources = found.map(({ logicalId, type }) => `${logicalId} (${type})`).join(', ');
    throw new Error(`LocalStack only pretended to create ${resources} of ${stackName}: prove it otherwise, or name the type with a reason in knownPretended`);
  }
}
