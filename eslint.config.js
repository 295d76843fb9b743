// The JavaScript of the instruments (modules) and of the pages (a classic script).

const names = [
  ..."Blob CustomEvent DataView MutationObserver Path2D ResizeObserver URL cancelAnimationFrame".split(" "),
  ..."clearTimeout document getComputedStyle navigator performance requestAnimationFrame".split(" "),
  ..."setTimeout window".split(" "),
];

export default [
  {
    languageOptions: { globals: Object.fromEntries(names.map((name) => [name, "readonly"])) },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-len": ["error", { code: 110 }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      "one-var": ["error", "never"],
      "prefer-const": "error",
    },
  },
  { files: ["_ext/*.js"], languageOptions: { sourceType: "script" } },
];
