import { checkPlacement, placementOf } from './placement.ts';
import type { Stage } from './settings.ts';

/**
 * The region of the marker, whatever region the stage is in: a marker beside the stage would not be found
 * from another region.
 */
const MARKER_REGION = 'us-east-1';

/**
 * Refuses to deploy a running stage with another interval or into another region. The table holds candles of
 * one interval, and its task would stop at once; another region would get a second stage beside the first.
 * Records both in a parameter of SSM, which is free and is removed with the stage. Throws ConfigError.
 */
export async function guardPlacement(stage: Stage): Promise<void> {
  const provider = new aws.Provider('Marker', { region: MARKER_REGION });
  const path = `/${$app.name}/${stage.name}`;
  const found = await aws.ssm.getParametersByPath({ path }, { provider });
  const index = found.names.indexOf(`${path}/placement`);
  checkPlacement(stage, index < 0 ? null : found.values[index]!);
  new aws.ssm.Parameter(
    'Placement',
    { name: `${path}/placement`, type: 'String', value: placementOf(stage) },
    { provider },
  );
}
