import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { halfWidthIn } from '../support/chinese.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What people read comes from these. */
const FOLDERS = ['activities', 'api', 'carriers', 'infra', 'scripts', 'workers', 'workflows'];

/** Half-width beside hanzi that is right, and why: few, or the rule is none. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'api/routes/billing.ts': 'an English sentence that names a Chinese paper',
  'scripts/year-ledger.ts': 'rows of SQL',
  'workflows/domain/notice-answer.ts': 'patterns of what parents write',
  'workflows/domain/stop-words.ts': 'patterns of what parents write',
};
/** What parents write is understood in whatever words they use; these files have it. */
const PARENTS_WORDS = /^workflows\/domain\/(?:notice-answer|stop-words)\.ts$/;

/** Words that were found wanting, with those that took their place (findings, table C). */
const REPLACED: readonly [RegExp, string][] = [
  [/元\/[月年]/, '每户每月8元'],
  [/您已订制/, '已为您订制'],
  [/短信没有内容[。，]/, '请在BZR后写上要说的话'],
  [/补报/, '【迟到通知】'],
  [/无刷卡报警/, '未刷卡警报'],
  [/隔离/, '异常刷卡记录'],
  [/未发(?![送出])/, '未发送（不符合条件）'],
  [/件事/, '条记录'],
  [/没有待办/, '暂无待办'],
  [/决定于/, '决定时间'],
  [/从何时/, '开始时间'],
  [/结论/, '处理结果'],
  [/同意征询/, '同意向家长征询'],
  [/不订(?!制)/, '不订制'],
  [/通知最迟$/, '最迟通知时间'],
  [/退还/, '退费'],
  [/不平/, '账目不符'],
  [/手机已收到/, '已送达手机'],
  [/^退出$/, '退出登录'],
];

interface Literal {
  file: string;
  text: string;
}

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['dist', 'node_modules'].includes(entry.name)) yield* filesIn(path);
    } else yield path;
  }
}

/** What of other files people read: a profile's values, the lines of a page. */
const textsOf: Readonly<Record<string, (source: string) => string[]>> = {
  '.json': (source) => source.match(/"(?:[^"\\]|\\.)*"/g) ?? [],
  '.html': (source) => source.split('\n'),
  '.txt': (source) => source.split('\n'),
};

/** What a file may show: the literals of code, and texts. */
function literalsOf(file: string): Literal[] {
  const source = readFileSync(join(ROOT, file), 'utf8');
  if (!/\p{Script=Han}/u.test(source)) return [];
  if (!/\.(?:tsx?|m?js)$/.test(file)) return (textsOf[extname(file)]?.(source) ?? []).map((text) => ({ file, text }));
  const found: Literal[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node) ||
      ts.isJsxText(node)
    )
      found.push({ file, text: node.text.trim() });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, false));
  return found;
}

const LITERALS = FOLDERS.flatMap((folder) => [...filesIn(folder)])
  .map((file) => relative('', file).replaceAll('\\', '/'))
  .flatMap(literalsOf)
  .filter(({ text }) => /\p{Script=Han}/u.test(text));

describe('the Chinese that people read', () => {
  it('is found', () => {
    expect(LITERALS.length).toBeGreaterThan(500);
  });

  it('has full-width punctuation beside hanzi', () => {
    const wrong = LITERALS.filter(({ file }) => !(file in EXCEPTIONS)).flatMap(({ file, text }) =>
      halfWidthIn(text).map((place) => `${file}: ${place}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(EXCEPTIONS))('has an exception in %s, %s, and only while it is one', (file) => {
    expect(LITERALS.some((literal) => literal.file === file && halfWidthIn(literal.text).length > 0)).toBe(true);
  });

  it('signs texts to phones in their catalogue alone', () => {
    const signed = LITERALS.filter(({ text }) => text.includes('【')).map(({ file }) => file);
    expect(signed.filter((file) => !file.startsWith('workflows/domain/texts/'))).toEqual([]);
    expect(signed.length).toBeGreaterThan(0);
  });

  it.each(REPLACED)('says %s no more, but %s', (old) => {
    const shown = LITERALS.filter(({ file }) => !PARENTS_WORDS.test(file));
    expect(shown.filter(({ text }) => old.test(text))).toEqual([]);
  });
});
