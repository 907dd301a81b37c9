import type { Graph } from './graph.ts';
import { type Inputs, json, pairs, pascal, type Rules } from './templateWords.ts';

/** What holds and watches data. */
export const DATA_RULES: Rules = {
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
  'aws:sns/topicPolicy:TopicPolicy': [
    'AWS::SNS::TopicPolicy',
    ({ arn, policy }) => ({ Topics: [arn], PolicyDocument: json(policy) }),
  ],
  'aws:cloudwatch/eventRule:EventRule': [
    'AWS::Events::Rule',
    ({ eventPattern }) => ({ EventPattern: json(eventPattern) }),
  ],
  'aws:ssm/parameter:Parameter': ['AWS::SSM::Parameter', pascal],
  'aws:iam/policy:Policy': [
    'AWS::IAM::ManagedPolicy',
    ({ name, description, policy }) => ({
      ManagedPolicyName: name,
      Description: description,
      PolicyDocument: json(policy),
    }),
  ],
  'aws:cloudwatch/queryDefinition:QueryDefinition': ['AWS::Logs::QueryDefinition', pascal],
  'aws:cloudwatch/dashboard:Dashboard': ['AWS::CloudWatch::Dashboard', pascal],
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
};

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
