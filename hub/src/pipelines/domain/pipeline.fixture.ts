import { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';

/** A valid pipeline dev -> staging -> prod; `change` is merged into its spec before the defaults. */
export function pipelineSpec(change: Readonly<Record<string, unknown>> = {}): PipelineSpec {
  return PipelineSpec.parse({
    sources: [{ name: 'apps' }],
    environments: [{ name: 'dev' }, { name: 'staging' }, { name: 'prod' }],
    ...change,
  });
}
