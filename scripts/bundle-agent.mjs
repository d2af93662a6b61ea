// Makes agent/dist/flotilla-agent.bundle.js: the whole agent in one file that needs nothing but Node (and the programs
// that it runs). It starts faster and takes less memory than hundreds of files.
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { root } from './steps.mjs';

const agent = `${root}agent`;
const { version } = JSON.parse(readFileSync(`${agent}/package.json`, 'utf8'));

const entry = `import { main } from './main.ts';
process.exitCode = await main(process.argv.slice(2), process.env);
`;

/** There is no package.json beside the bundle. */
const knownVersion = {
  name: 'known-version',
  setup({ onLoad }) {
    onLoad({ filter: /agent[\\/]src[\\/]version\.ts$/ }, () => ({
      contents: `export const agentVersion = ${JSON.stringify(version)};`,
    }));
  },
};

/** client-node is loaded for credential plug-ins alone: its configuration, without 16 MB of generated models. */
const credentialsOnly = {
  name: 'credentials-only',
  setup({ onResolve, onLoad, resolve }) {
    const seen = Symbol('seen');
    onResolve({ filter: /^@kubernetes\/client-node$/ }, (args) =>
      args.kind === 'dynamic-import'
        ? { path: 'credentials', namespace: 'client-node', pluginData: args.resolveDir }
        : undefined,
    );
    onLoad({ filter: /./, namespace: 'client-node' }, ({ pluginData }) => ({
      contents: "export { KubeConfig } from '@kubernetes/client-node';",
      resolveDir: pluginData,
    }));
    // The package does not say so, but importing its modules does nothing: what is not used can go.
    onResolve({ filter: /./ }, async ({ path, pluginData, ...args }) => {
      if (pluginData === seen || args.kind === 'entry-point') return undefined;
      if (!args.importer.includes('@kubernetes/client-node/') && path !== '@kubernetes/client-node')
        return undefined;
      const found = await resolve(path, { ...args, pluginData: seen });
      return found.path.includes('@kubernetes/client-node/') ? { ...found, sideEffects: false } : undefined;
    });
  },
};

const outfile = `${agent}/dist/flotilla-agent.bundle.js`;

await build({
  stdin: { contents: entry, resolveDir: `${agent}/src`, sourcefile: 'flotilla-agent.ts', loader: 'ts' },
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  conditions: ['source'],
  minifySyntax: true,
  minifyWhitespace: true,
  // openpgp is LGPL: its notice, and those of others, go with the bundle.
  legalComments: 'linked',
  plugins: [knownVersion, credentialsOnly],
  // CommonJS packages inside ask for Node's modules in their own way.
  banner: {
    js: "import { createRequire as $createRequire } from 'node:module';const require = $createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  metafile: process.argv.includes('--analyze'),
}).then(({ metafile }) => {
  if (metafile) process.stdout.write(JSON.stringify(metafile));
});

// The engine keeps the whole text of the bundle; one sign beyond Latin-1 makes it twice as large, 6 MiB more in
// every agent. esbuild escapes texts, but not regular expressions.
// oxlint-disable-next-line no-control-regex -- all of Latin-1
const strange = /.{0,40}[^\u0000-\u00ff]/.exec(readFileSync(outfile, 'utf8'));
if (strange) throw new Error(`escape the last sign of: ${strange[0]}`);
