// Prints the exported names of type declarations of TypeScript, without documentation.
//
// Usage: surface.cjs -- FILE..., with `typescript` where NODE_PATH says

const { readFileSync } = require("node:fs");
const typescript = require("typescript");

const printer = typescript.createPrinter({ removeComments: true });

for (const path of process.argv.slice(3)) {
  const text = readFileSync(path, "utf8");
  const file = typescript.createSourceFile(path, text, typescript.ScriptTarget.Latest);
  console.log(`=== ${path}`);
  // Imports are nobody's to use.
  for (const statement of file.statements.filter((it) => !typescript.isImportDeclaration(it))) {
    console.log(printer.printNode(typescript.EmitHint.Unspecified, statement, file));
  }
}
