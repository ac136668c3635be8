// Builds the front end into postroad/web/static/web/dist: `npm run build`, or `npm run watch` while working on it.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const dist = join(root, "postroad/web/static/web/dist");
const watch = process.argv.includes("--watch");

const common = {
  bundle: true,
  minify: !watch,
  sourcemap: watch,
  target: "es2022",
  outdir: dist,
  logLevel: "warning",
  legalComments: "eof",
};

const bundles = [
  { ...common, entryPoints: ["shell.ts", "chart.ts", "desk.ts"].map((name) => join(here, name)), format: "esm" },
  // Runs before the first paint, hence no module, which would be deferred.
  { ...common, entryPoints: [join(here, "theme.ts")], format: "iife" },
  // For other people's sites: one script, its styles in it.
  { ...common, entryPoints: [join(here, "widget/widget.ts")], format: "iife", loader: { ".css": "text" } },
  { ...common, entryPoints: [join(here, "shell.css")], external: ["/static/*"] },
];

// The inner SVG of each of Tabler's outline icons, for the template tag {% icon %}.
async function writeIcons() {
  const nodes = JSON.parse(await readFile(join(root, "node_modules/@tabler/icons/tabler-nodes-outline.json"), "utf8"));
  const element = ([tag, attributes]) =>
    `<${tag} ${Object.entries(attributes).map(([name, value]) => `${name}="${value}"`).join(" ")}/>`;
  const shapes = Object.fromEntries(Object.entries(nodes).map(([name, parts]) => [name, parts.map(element).join("")]));
  await writeFile(join(dist, "icons.json"), JSON.stringify(shapes));
}

if (!watch) await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await writeIcons();
if (watch) {
  for (const bundle of bundles) await (await esbuild.context(bundle)).watch();
} else {
  await Promise.all(bundles.map((bundle) => esbuild.build(bundle)));
}
