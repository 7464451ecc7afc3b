// Prints what ESLint's `complexity` rule counts in every function of the files whose paths come on
// stdin, as JSON: {path: [[start byte, end byte, complexity, kind], …]}. Run it where eslint is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(join(process.cwd(), "package.json"));
const load = (name) => import(pathToFileURL(resolve(name)));
const { Linter } = await load("eslint");
const { builtinRules } = (await load("eslint/use-at-your-own-risk")).default;
const parser = (await load("@typescript-eslint/parser")).default;

// The rule itself; only what it reports is put in a form that programs can read.
const complexity = {
  create(context) {
    const report = ({ node, data }) => {
      const judged = [...span(node, context.sourceCode), data.complexity, kind(node, data.name)];
      context.report({ node, message: JSON.stringify(judged) });
    };
    const properties = { report: { value: report }, options: { value: [0] } }; // 0: report all
    return builtinRules.get("complexity").create(Object.create(context, properties));
  },
};

// To ESLint a method is a function behind a name; here the name and what is before it belong to it.
function span(node, code) {
  const { parent } = node;
  const isAccessor = parent.kind === "get" || parent.kind === "set";
  const isMethod = parent.type === "MethodDefinition" || parent.method || isAccessor;
  const whole = isMethod ? parent : node;
  const first = whole.decorators?.length ? code.getTokenAfter(whole.decorators.at(-1)) : whole;
  return [first.range[0], whole.range[1]].map((at) => Buffer.byteLength(code.text.slice(0, at)));
}

function kind(node, name) {
  if (name.startsWith("Class ")) return name; // field initializer, static block
  return node.expression ? "ArrowExpression" : node.type;
}

const config = {
  files: ["**/*.ts", "**/*.tsx"],
  languageOptions: { parser },
  linterOptions: { noInlineConfig: true },
  plugins: { oracle: { rules: { complexity } } },
  rules: { "oracle/complexity": "error" },
};

function judged(path) {
  const alias = `source${extname(path)}`; // ESLint leaves out what is in node_modules
  const messages = new Linter().verify(readFileSync(path, "utf8"), config, alias);
  const broken = messages.find((each) => each.fatal);
  if (broken) throw new Error(`${path}:${broken.line}: ${broken.message}`);
  return messages.filter((each) => each.ruleId).map((each) => JSON.parse(each.message));
}

const paths = readFileSync(0, "utf8").split("\n").filter(Boolean);
console.log(JSON.stringify(Object.fromEntries(paths.map((path) => [path, judged(path)]))));
