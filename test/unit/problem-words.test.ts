import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { fieldName, titleOf, wordsOf } from '../../api/problem-words.ts';

/** Files whose words a caller may be told. */
const SOURCES = ['api', 'api/routes'].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && file !== 'problem-words.ts')
    .map((file) => join(folder, file)),
);

/** A literal as it may come out: what it names stands for anything. */
function sample(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `7${literal.text}`).join('');
}

/** Sentences of `Problem`s, and what schemas say of fields. */
function sentencesOf(file: string): string[] {
  const found: string[] = [];
  const add = (node: ts.Node | undefined) => {
    const text = node && sample(node);
    if (text !== undefined) found.push(text);
  };
  const visit = (node: ts.Node): void => {
    const called = (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText();
    if (called && ts.isNewExpression(node) && called === 'Problem') add(node.arguments?.[1]);
    if (called && ts.isCallExpression(node) && called === 'Problem.field') add(node.arguments[2]);
    if (called && ts.isCallExpression(node) && /\.(regex|refine|min|max|uuid)$/.test(called)) add(node.arguments[1] ?? (called === 'z.uuid' ? node.arguments[0] : undefined)); // prettier-ignore
    if (ts.isPropertyAssignment(node) && ['error', 'message'].includes(node.name.getText())) add(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return found;
}

/** Put together of two parts that are each told. */
const JOINED = ['7: 7', '7 7'];

describe('what a problem says', () => {
  const sentences = SOURCES.flatMap((file) => sentencesOf(file).map((sentence) => [file, sentence] as const));

  it('is found in the sources', () => {
    expect(sentences.length).toBeGreaterThan(80);
  });

  it.each(sentences.filter(([, sentence]) => !JOINED.includes(sentence) && !/\p{Script=Han}/u.test(sentence)))(
    '%s: "%s" has a code and Chinese words',
    (_file, sentence) => {
      const told = wordsOf(sentence, 'zh');
      expect(told).toBeDefined();
      expect(told!.words).toMatch(/\p{Script=Han}/u);
      expect(told!.words).not.toMatch(/\{\d\}/);
      expect(wordsOf(sentence, 'en')).toEqual({ code: told!.code, words: sentence });
    },
  );

  it.each([
    ['must have at most 100 characters', 'too-long', '最多100个字符'],
    ['must be from 1 to 12', 'out-of-range', '必须在1到12之间'],
    ['must be one of yes, no', 'not-one-of', '必须是以下之一：yes, no'],
    ['web is not how the role agent orders: it is agent', 'wrong-channel', 'agent不能以web渠道办理，应为agent'],
    ['3 of 10 lines are not answered', 'missing-lines', '10行中有3行没有结果'],
  ])('%s is %s: %s', (en, code, words) => {
    expect(wordsOf(en, 'zh')).toEqual({ code, words });
  });

  it('of nobody has written down stays as it is', () => {
    expect(wordsOf('went up in smoke', 'zh')).toBeUndefined();
    expect(titleOf(418, 'I’m a Teapot', 'zh')).toBe('I’m a Teapot');
  });

  it('names fields as people do', () => {
    expect(fieldName('phone', 'zh')).toBe('手机号');
    expect(fieldName('audience.classIds.0', 'zh')).toBe('接收对象（audience.classIds.0）');
    expect(fieldName('zzz', 'zh')).toBe('zzz');
    expect(fieldName('phone', 'en')).toBe('phone');
  });
});
