import { type Inputs, json, pascal, type Rules } from './templateWords.ts';

/** What runs, and what it may do. */
export const PROGRAM_RULES: Rules = {
  'aws:scheduler/schedule:Schedule': ['AWS::Scheduler::Schedule', pascal],
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
