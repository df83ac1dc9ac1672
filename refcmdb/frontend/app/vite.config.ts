import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { Zstd } from "@hpcc-js/wasm-zstd";
import { defineConfig, type Plugin } from "vite";

const built = fileURLToPath(new URL("../built", import.meta.url));

/** Beside every file its compressed variants, as small as they get: they are made once. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async closeBundle() {
      const zstd = await Zstd.load();
      const folder = join(built, "assets");
      const names = readdirSync(folder).filter((name) =>
        [".js", ".css", ".svg"].includes(extname(name)),
      );
      for (const name of names) {
        const path = join(folder, name);
        const content = readFileSync(path);
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: quality }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(`${path}.zst`, zstd.compress(content, 19));
      }
    },
  };
}

export default defineConfig({
  // Chunks find each other relative to themselves, so that a CDN can have them.
  base: "./",
  build: {
    outDir: built,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: "src/main.tsx" },
  },
  plugins: [compressed()],
});
