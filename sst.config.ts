/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app(input) {
    const { protectionOf, REMOVAL_VARIABLE, stageSettings } = await import('./infra/settings.ts');
    const { protect } = protectionOf(input.stage, process.env[REMOVAL_VARIABLE]);
    return {
      name: 'candlelake',
      home: 'aws',
      // Table and bucket say themselves whether they stay; sst's `retain` would keep the network as well.
      removal: 'remove',
      protect,
      providers: {
        aws: {
          region: stageSettings(input.stage).region as 'eu-west-1',
          defaultTags: { tags: { project: 'candlelake', stage: input.stage } },
        },
      },
    };
  },
  async run() {
    // sst refuses imports at the top level of this file.
    const { readStage } = await import('./infra/settings.ts');
    const { guardPlacement } = await import('./infra/placementMarker.ts');
    const { createStorage } = await import('./infra/storage.ts');
    const { allowPublishing, createAlarmTopic } = await import('./infra/alarmTopic.ts');
    const { createAlarms } = await import('./infra/alarms.ts');
    const { createTaskEvents } = await import('./infra/taskEvents.ts');
    const { createStream } = await import('./infra/stream.ts');
    const { createJobs } = await import('./infra/jobs.ts');
    const { createApi } = await import('./infra/api.ts');
    const { createLake } = await import('./infra/lake.ts');
    const { createReadPolicy } = await import('./infra/readPolicy.ts');
    const { createWatch } = await import('./infra/watch.ts');

    const stage = readStage($app.stage);
    await guardPlacement(stage);
    const storage = createStorage(stage);
    const { topic, reach } = createAlarmTopic(stage);
    const jobs = createJobs(stage, storage);
    const stream = createStream(stage, storage, jobs);
    allowPublishing(topic, createTaskEvents(stream, topic));
    const api = createApi(stage, storage);
    const lake = createLake(stage, storage);
    createAlarms({ stage, topic, storage, jobs });
    const readPolicy = createReadPolicy(stage, storage);
    createWatch(stage, stream.logGroup);

    return {
      health: api.healthUrl,
      table: storage.table.name,
      bucket: storage.bucket.name,
      cluster: stream.cluster.nodes.cluster.name,
      workgroup: lake.workgroup.name,
      database: lake.database.name,
      readPolicy: readPolicy.arn,
      alarmTopic: topic.arn,
      crossoverTopic: jobs.crossovers.arn,
      backfill: jobs.functions.backfill.name,
      alarms: reach,
    };
  },
});
