import { allKinds } from '@flotilla/common/api/all-kinds';
import { customResourceDefinition } from '@flotilla/common/api/crd';
import { emitYaml } from '@flotilla/common/yaml/emit';

/** The CustomResourceDefinition of one kind as a file. */
export interface CrdFile {
  /** e.g. `kustomizations.kustomize.toolkit.fluxcd.io.yaml` */
  name: string;
  text: string;
}

/** The CRDs of every kind. `flotilla-agent crds` prints them; the chart carries them. */
export function crdFiles(): CrdFile[] {
  return allKinds.map((kind) => {
    const definition = customResourceDefinition(kind);
    return { name: `${definition.metadata.name}.yaml`, text: `---\n${emitYaml(definition)}` };
  });
}
