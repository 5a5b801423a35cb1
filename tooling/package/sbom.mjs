/** Makes the software bill of materials of an installation: CycloneDX 1.6, as JSON. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Enums, Models, Serialize, Spec, Validation } from '@cyclonedx/cyclonedx-library';

/** @import { Manifest } from '../deployment.mjs' */

/**
 * @param {object} installation
 * @param {string} installation.version
 * @param {string} installation.purl what it is installed from, as a package URL
 * @param {Manifest[]} installation.packages those that are installed
 * @param {string} installation.folder where they are
 * @returns {Promise<string>} as the specification's schema has it
 */
export async function billOfMaterials({ version, purl, packages, folder }) {
  const mig = component({ name: 'mig', version, license: 'MIT' }, Enums.ComponentType.Application);
  mig.purl = purl;
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: mig }) });
  /** @type {Map<string, Models.Component>} */
  const components = new Map();
  /** @param {Manifest} manifest */
  const componentOf = (manifest) => {
    const made = component(manifest, Enums.ComponentType.Library);
    const known = components.get(made.bomRef.value ?? '');
    if (known !== undefined) return known;
    components.set(made.bomRef.value ?? '', made);
    bom.components.add(made);
    return made;
  };
  for (const manifest of packages) {
    const installed = componentOf(manifest);
    mig.dependencies.add(installed.bomRef);
    for (const bundled of bundledIn(join(folder, 'node_modules', manifest.name))) {
      installed.dependencies.add(componentOf(bundled).bomRef);
    }
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  const text = serializer.serialize(bom, { sortLists: true, space: 2 });
  const mistakes = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  if (mistakes !== null) throw new Error(`the bill of materials is not valid: ${JSON.stringify(mistakes)}`);
  return `${text}\n`;
}

/**
 * @param {Pick<Manifest, 'name' | 'version' | 'license'>} manifest
 * @param {Enums.ComponentType} type
 */
function component({ name, version, license }, type) {
  const [group, own] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return new Models.Component(type, own ?? name, {
    ...(group !== undefined && { group }),
    version,
    purl,
    bomRef: purl,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense(license)]),
  });
}

/**
 * @param {string} folder of an installed package
 * @returns {Manifest[]} what its bundles have in them
 */
function bundledIn(folder) {
  const list = join(folder, 'dist/bundled.json');
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
}
