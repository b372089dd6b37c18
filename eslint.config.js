import tseslint from 'typescript-eslint';

/** Forbids imports whose path matches one of `patterns`; type-only imports of `typesFrom` stay allowed. */
function mayNotImport(patterns, message, typesFrom = []) {
  return {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          ...(patterns.length ? [{ regex: patterns.join('|'), message }] : []),
          ...typesFrom.map((regex) => ({ regex, message, allowTypeImports: true })),
        ],
      },
    ],
  };
}

/** A relative path that climbs out and into one of these top folders. */
const into = (...folders) => folders.map((folder) => `^(\\.\\./)+${folder}/`);
const nodeBuiltins = '^node:';

export default tseslint.config(
  { ignores: ['node_modules/', '.campusline/', 'api/web/dist/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  // Import directions of ARCHITECTURE.md: they point one way.
  {
    files: ['workflows/**'],
    rules: mayNotImport(
      [...into('infra', 'api', 'workers', 'test'), nodeBuiltins, '^(?!\\.|@temporalio/(workflow|common)$)'],
      'workflows import themselves, @temporalio/workflow|common, and types from activities',
      into('activities'),
    ),
  },
  {
    files: ['workflows/domain/*.ts'],
    rules: mayNotImport(['^(?!\\./)'], 'domain rules are pure: they import only each other'),
  },
  {
    files: ['workflows/domain/*/**'],
    rules: mayNotImport(['^(?!\\.{1,2}/)', '^\\.\\./\\.\\./'], 'domain rules are pure: they import only each other'),
  },
  {
    files: ['activities/**'],
    rules: mayNotImport(
      into('api', 'workers', 'test'),
      'activities import infra and workflows (ids, contracts, domain)',
    ),
  },
  {
    files: ['infra/**'],
    rules: mayNotImport(into('activities', 'api', 'workers', 'test'), 'infra imports nothing above it'),
  },
  {
    files: ['api/**'],
    rules: mayNotImport(into('activities', 'workers', 'test'), 'api imports infra and workflows, never activities'),
  },
  {
    files: ['workers/**'],
    rules: mayNotImport(into('api', 'test'), 'workers wire activities and infra'),
  },
  // Programs a person runs in a terminal print to it.
  { files: ['infra/embedded/**', 'scripts/**', 'test/bench/**', 'test/faults/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.{js,mjs}'], ...tseslint.configs.disableTypeChecked },
);
