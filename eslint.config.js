// The JavaScript of the instruments (modules) and of the pages (a classic script).

const browser = [
  "Blob CustomEvent DataView MutationObserver Path2D ResizeObserver URL cancelAnimationFrame clearTimeout document",
  "getComputedStyle navigator performance requestAnimationFrame setTimeout window",
];
const names = browser.join(" ").split(" ");

export default [
  {
    files: ["dsconv_lib/**/*.js", "_ext/*.js", "eslint.config.js"],
    languageOptions: { globals: Object.fromEntries(names.map((name) => [name, "readonly"])) },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-len": ["error", { code: 110 }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "one-var": ["error", "never"],
      "prefer-const": "error",
    },
  },
  { files: ["_ext/*.js"], languageOptions: { sourceType: "script" } },
];
