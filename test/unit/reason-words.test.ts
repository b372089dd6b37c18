import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { reasonWords } from '../../workflows/domain/reason-words.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The files that record why a text was or was not answered or sent. */
const RECORDERS = [
  ...readdirSync(join(ROOT, 'activities'))
    .filter((name) => name.startsWith('inbound-'))
    .map((name) => `activities/${name}`),
  'infra/postgres/subscription-command.ts',
];

const isElsewhere = (parent: ts.Node) =>
  ts.isCallExpression(parent) || ts.isNewExpression(parent) || ts.isPropertyDeclaration(parent);

/** Every English sentence but what is called with, errors above all, or has a code in it; of several joined by a semicolon each. */
function reasonsIn(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      if (/^(?:; )?[a-z]+ [a-z][^(]*$/.test(node.text) && !isElsewhere(node.parent)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true));
  return found.flatMap((text) => text.split('; ')).filter((text) => text !== '');
}

describe('a recorded reason', () => {
  const all = [...new Set(RECORDERS.flatMap(reasonsIn))];

  it('is found', () => {
    expect(all.length).toBeGreaterThan(15);
  });

  it.each(all)('"%s" is told in Chinese', (reason) => {
    expect(reasonWords(reason).zh).toMatch(/^[\p{Script=Han}，]+$/u);
  });

  it.each([
    ['in the mailbox; answered often enough this hour', '已存入班主任信箱；本小时内已多次答复，不再答复'],
    ['could not be routed (22P05): for an operator', '无法处理（22P05），待人工处理'],
    ['cancelled-since', '此后已退订，未订制'],
    ['whatever nobody has named', 'whatever nobody has named'],
  ])('"%s" reads %s', (reason, zh) => {
    expect(reasonWords(reason)).toEqual({ zh, en: reason });
  });
});
