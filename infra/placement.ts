import { ConfigError } from '../packages/core/src/errors.ts';
import type { Stage } from './settings.ts';

/**
 * Throws ConfigError when the stage runs with another interval or in another region. `recorded` is null for a
 * new stage.
 */
export function checkPlacement(stage: Stage, recorded: string | null): void {
  const wanted = placementOf(stage);
  if (recorded === null || recorded === wanted) return;
  throw new ConfigError(
    `stage "${stage.name}" runs with ${recorded}, infra/settings.ts says ${wanted}: neither can change while a stage runs. ` +
      'Deploy another stage with the new value, or remove this one first (docs/aws.md, "Another interval or region").',
  );
}

/** Interval and region as the marker records them. */
export function placementOf({ settings, region }: Stage): string {
  return `interval ${settings.interval} in ${region}`;
}
