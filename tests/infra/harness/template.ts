import type { Graph, Resource } from './graph.ts';

/** Inputs of any resource type; the rules below know their own. */
type Inputs = Resource['inputs'];
type Rule = readonly [type: string, properties: (inputs: Inputs, graph: Graph) => object];

/**
 * The graph rewritten as a CloudFormation template, only so that cfn-lint can check what types cannot: words, ranges, IAM grammar, sizes of tasks.
 * Nothing of it is ever deployed.
 */
export function toTemplate(graph: Graph): object {
  const resources: Record<string, object> = {};
  for (const { type, name, inputs } of graph.resources) {
    const rule = RULES[type];
    if (rule === undefined) continue;
    const retained = /Table|Queue|Bucket$/.test(rule[0]) && rule[0] !== 'AWS::Glue::Table';
    resources[name] = {
      Type: rule[0],
      Properties: JSON.parse(JSON.stringify(rule[1](inputs, graph))),
      ...(retained ? { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' } : {}),
    };
  }
  return { AWSTemplateFormatVersion: '2010-09-09', Resources: resources };
}

/** Types that the template leaves out, with nothing in them that the linter could judge. */
export function unlinted(graph: Graph): readonly string[] {
  const types = graph.resources.filter(({ type }) => type.startsWith('aws:')).map(({ type }) => type);
  return [...new Set(types)].filter((type) => RULES[type] === undefined).toSorted();
}

const RULES: Readonly<Record<string, Rule>> = {
  'aws:cloudwatch/metricAlarm:MetricAlarm': [
    'AWS::CloudWatch::Alarm',
    ({ dimensions, name, metricQueries, okActions, ...rest }) => ({
      ...pascal(rest),
      AlarmName: name,
      OKActions: okActions,
      ...(dimensions ? { Dimensions: pairs(dimensions) } : {}),
      ...(metricQueries ? { Metrics: metricQueries.map(metricQuery) } : {}),
    }),
  ],
  'aws:scheduler/schedule:Schedule': ['AWS::Scheduler::Schedule', pascal],
  'aws:cloudwatch/logGroup:LogGroup': [
    'AWS::Logs::LogGroup',
    ({ name, retentionInDays }) => ({ LogGroupName: name, RetentionInDays: retentionInDays }),
  ],
  'aws:sqs/queue:Queue': [
    'AWS::SQS::Queue',
    ({ name, fifoQueue, messageRetentionSeconds, visibilityTimeoutSeconds, redrivePolicy }, graph) => ({
      QueueName: name,
      ...(fifoQueue ? { FifoQueue: true } : {}),
      MessageRetentionPeriod: messageRetentionSeconds,
      VisibilityTimeout: visibilityTimeoutSeconds,
      RedrivePolicy: redrivePolicy && redrive(JSON.parse(redrivePolicy), graph),
    }),
  ],
  'aws:sns/topic:Topic': ['AWS::SNS::Topic', ({ name }) => ({ TopicName: name })],
  'aws:sns/topicSubscription:TopicSubscription': [
    'AWS::SNS::Subscription',
    ({ topic, protocol, endpoint }) => ({ TopicArn: topic, Protocol: protocol, Endpoint: endpoint }),
  ],
  'aws:iam/role:Role': [
    'AWS::IAM::Role',
    ({ name, assumeRolePolicy, managedPolicyArns, inlinePolicies }) => ({
      RoleName: name,
      AssumeRolePolicyDocument: json(assumeRolePolicy),
      ManagedPolicyArns: managedPolicyArns,
      Policies: inlinePolicies?.map((policy: { name: string; policy: string }) => ({
        PolicyName: policy.name,
        PolicyDocument: json(policy.policy),
      })),
    }),
  ],
  'aws:lambda/function:Function': [
    'AWS::Lambda::Function',
    ({ s3Bucket, s3Key, environment, publish: _, vpcConfig: __, sourceCodeHash: ___, name, ...rest }) => ({
      ...pascal(rest),
      FunctionName: name,
      Code: { S3Bucket: s3Bucket, S3Key: s3Key },
      Environment: { Variables: environment.variables },
    }),
  ],
  'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig': [
    'AWS::Lambda::EventInvokeConfig',
    (inputs) => ({ ...pascal(inputs), Qualifier: '$LATEST' }),
  ],
  'aws:lambda/eventSourceMapping:EventSourceMapping': ['AWS::Lambda::EventSourceMapping', pascal],
  'aws:dynamodb/table:Table': [
    'AWS::DynamoDB::Table',
    (inputs) => ({
      BillingMode: inputs.billingMode,
      AttributeDefinitions: inputs.attributes.map(({ name, type }: { name: string; type: string }) => ({
        AttributeName: name,
        AttributeType: type,
      })),
      KeySchema: [
        { AttributeName: inputs.hashKey, KeyType: 'HASH' },
        { AttributeName: inputs.rangeKey, KeyType: 'RANGE' },
      ],
      ...(inputs.ttl
        ? {
            TimeToLiveSpecification: { AttributeName: inputs.ttl.attributeName, Enabled: inputs.ttl.enabled },
          }
        : {}),
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: inputs.pointInTimeRecovery.enabled },
      DeletionProtectionEnabled: inputs.deletionProtectionEnabled,
    }),
  ],
  'aws:glue/catalogDatabase:CatalogDatabase': [
    'AWS::Glue::Database',
    ({ name }) => ({ CatalogId: '123456789012', DatabaseInput: { Name: name } }),
  ],
  'aws:glue/catalogTable:CatalogTable': [
    'AWS::Glue::Table',
    ({ databaseName, catalogId: _, parameters, storageDescriptor, ...rest }) => {
      const { SerDeInfo, ...descriptor } = pascal(storageDescriptor);
      return {
        CatalogId: '123456789012',
        DatabaseName: databaseName,
        TableInput: {
          ...pascal(rest),
          Parameters: parameters,
          StorageDescriptor: { ...descriptor, SerdeInfo: SerDeInfo },
        },
      };
    },
  ],
  'aws:athena/workgroup:Workgroup': [
    'AWS::Athena::WorkGroup',
    ({ name, forceDestroy, configuration }) => {
      const { EnforceWorkgroupConfiguration, PublishCloudwatchMetricsEnabled, ...rest } =
        pascal(configuration);
      return {
        Name: name,
        RecursiveDeleteOption: forceDestroy,
        WorkGroupConfiguration: {
          ...rest,
          EnforceWorkGroupConfiguration: EnforceWorkgroupConfiguration,
          PublishCloudWatchMetricsEnabled: PublishCloudwatchMetricsEnabled,
        },
      };
    },
  ],
  'aws:athena/namedQuery:NamedQuery': [
    'AWS::Athena::NamedQuery',
    ({ query, workgroup, ...rest }) => ({ ...pascal(rest), QueryString: query, WorkGroup: workgroup }),
  ],
  'aws:ecs/taskDefinition:TaskDefinition': [
    'AWS::ECS::TaskDefinition',
    ({ containerDefinitions, trackLatest: _, ...rest }) => ({
      ...pascal(rest),
      ContainerDefinitions: (json(containerDefinitions) as Inputs[]).map(
        ({ logConfiguration, ...container }) => ({
          ...pascal(container),
          LogConfiguration: { LogDriver: logConfiguration.logDriver, Options: logConfiguration.options },
        }),
      ),
    }),
  ],
  'aws:ecs/service:Service': [
    'AWS::ECS::Service',
    (inputs) => ({
      ServiceName: inputs.name,
      Cluster: inputs.cluster,
      TaskDefinition: inputs.taskDefinition,
      DesiredCount: inputs.desiredCount,
      LaunchType: inputs.launchType,
      EnableExecuteCommand: inputs.enableExecuteCommand,
      AvailabilityZoneRebalancing: inputs.availabilityZoneRebalancing,
      DeploymentConfiguration: {
        MinimumHealthyPercent: inputs.deploymentMinimumHealthyPercent,
        MaximumPercent: inputs.deploymentMaximumPercent,
        DeploymentCircuitBreaker: pascal(inputs.deploymentCircuitBreaker),
      },
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: inputs.networkConfiguration.assignPublicIp ? 'ENABLED' : 'DISABLED',
          Subnets: ['subnet-00000000000000000'],
          SecurityGroups: ['sg-00000000000000000'],
        },
      },
    }),
  ],
  'aws:apigatewayv2/stage:Stage': [
    'AWS::ApiGatewayV2::Stage',
    ({ apiId, name, autoDeploy, accessLogSettings, defaultRouteSettings }) => ({
      ApiId: apiId,
      StageName: name,
      AutoDeploy: autoDeploy,
      AccessLogSettings: pascal(accessLogSettings),
      DefaultRouteSettings: pascal(defaultRouteSettings),
    }),
  ],
};

/** Keys in CloudFormation's capitals, all the way down. */
function pascal(value: Inputs): Record<string, unknown> {
  const walk = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(walk);
    if (item === null || typeof item !== 'object') return item;
    return Object.fromEntries(
      Object.entries(item)
        .filter(([, inner]) => inner !== null)
        .map(([key, inner]) => [key[0]!.toUpperCase() + key.slice(1), walk(inner)]),
    );
  };
  return walk(value) as Record<string, unknown>;
}

/** By reference, because the linter compares the kinds of both queues. */
function redrive({ deadLetterTargetArn, maxReceiveCount }: Inputs, graph: Graph): object {
  const target = graph.resources.find(({ outputs }) => outputs.arn === deadLetterTargetArn);
  return { deadLetterTargetArn: { 'Fn::GetAtt': [target!.name, 'Arn'] }, maxReceiveCount };
}

function metricQuery({ metric, ...rest }: Inputs): object {
  if (!metric) return pascal(rest);
  const { dimensions, namespace, metricName, period, stat } = metric;
  return {
    ...pascal(rest),
    MetricStat: {
      Metric: { Namespace: namespace, MetricName: metricName, Dimensions: pairs(dimensions) },
      Period: period,
      Stat: stat,
    },
  };
}

function pairs(map: Readonly<Record<string, unknown>>): readonly object[] {
  return Object.entries(map).map(([Name, Value]) => ({ Name, Value }));
}

function json(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
