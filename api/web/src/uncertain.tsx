import { useState, type SubmitEvent } from 'react';
import { FATE_WORDS, TEXT_KIND_WORDS } from '../../../workflows/domain/record-words.ts';
import { useAction } from './action.ts';
import { carrierName, useCarriers } from './carriers.ts';
import { Choice, TextField } from './fields.tsx';
import { request } from './request.ts';
import { Table } from './table.tsx';
import { useToDecide } from './to-decide.ts';
import { Badge, Card, DoneNote, ErrorNote, Term, Time, Words } from './words.tsx';
import { WorkflowLink, type Workflow } from './workflow-link.tsx';

interface UncertainText {
  id: number;
  tenant: string;
  kind: string;
  messageId?: string;
  parts: number;
  uncertainParts: number;
  since: string;
  reason: string;
  expired: boolean;
  phone: string;
  workflow: Workflow;
  receipts: { at: string; state: string; error?: string }[];
}

interface Decided {
  decided?: number;
  possibleDuplicates: number;
}

const LOOK_MS = 5_000;
/** The longest waiting; what is decided makes room for the next. */
const SHOWN = 100;

const DECISIONS: [id: string, words: string][] = [
  ['resend', '重发（家长可能收到两条） Send again, may arrive twice'],
  ['delivered', '已核实收到 Known to have arrived'],
  ['given-up', '放弃，按失败计 Give up, counts as failed'],
];

/** The operator's list: texts that the carrier may or may not have, each to be decided by a person who looked into it. */
export function UncertainPage() {
  const carriers = useCarriers();
  const [open, setOpen] = useState<number>();
  const path = `/api/v1/uncertain?limit=${SHOWN}`;
  const { answer, error, done, decided } = useToDecide<{ texts: UncertainText[]; total: number }>(path, LOOK_MS);

  function tell({ decided: texts = 1, possibleDuplicates }: Decided) {
    setOpen(undefined);
    decided({
      zh: `已处理 ${texts} 条，可能重复 ${possibleDuplicates} 条`,
      en: `${texts} decided, ${possibleDuplicates} possible duplicates`,
    });
  }

  return (
    <Card zh="待核实短信" en="Uncertain">
      <p className="hint">
        <Words
          zh="链路中断时已发出、没有回应的短信：运营商可能已受理。向运营商核实后处理。"
          en="The link broke before the carrier answered: it may or may not have these. Ask the carrier, then decide."
        />
      </p>
      <ErrorNote error={error} />
      <DoneNote done={done} />
      {answer && (
        <p>
          <Words zh={`共 ${answer.total} 条`} en="in all, the longest waiting first" />
        </p>
      )}
      {answer && answer.texts.length > 0 && (
        <Table heads={HEADS}>
          {answer.texts.map((text) => (
            <Row
              key={text.id}
              text={text}
              carrier={carrierName(carriers, text.tenant)}
              open={open === text.id}
              onToggle={() => setOpen(open === text.id ? undefined : text.id)}
              onDecided={tell}
            />
          ))}
        </Table>
      )}
    </Card>
  );
}

const HEADS: [zh: string, en: string][] = [
  ['开始时间', 'Since'],
  ['短信', 'Text'],
  ['原因', 'Reason'],
  ['处理', 'Decide'],
];

interface RowProps {
  text: UncertainText;
  carrier: string;
  open: boolean;
  onToggle: () => void;
  onDecided: (answer: Decided) => void;
}

function Row({ text, carrier, open, onToggle, onDecided }: RowProps) {
  return (
    <>
      <tr>
        <td>
          <Time at={text.since} />
        </td>
        <th scope="row">
          {carrier} {text.phone} <Term of={TEXT_KIND_WORDS} id={text.kind} />{' '}
          {text.parts > 1 && <Words zh={`${text.uncertainParts}/${text.parts} 段`} en="parts" />}{' '}
          {text.expired && <Badge mood="bad">已过时 expired</Badge>}
        </th>
        <td>
          {text.reason} <WorkflowLink workflow={text.workflow} />
          {text.receipts.map(({ at, state, error }, i) => (
            <p className="hint" key={i}>
              <Words zh="可能是它的回执：" en="A receipt that may be its:" /> <Time at={at} />{' '}
              <Term of={FATE_WORDS} id={state} /> {error}
            </p>
          ))}
        </td>
        <td>
          <button className="quiet" aria-expanded={open} onClick={onToggle}>
            <Words zh="处理" en="Decide" />
          </button>
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={HEADS.length}>
            <DecisionForm text={text} onDecided={onDecided} />
          </td>
        </tr>
      )}
    </>
  );
}

function DecisionForm({ text, onDecided }: Pick<RowProps, 'text' | 'onDecided'>) {
  const options = text.expired ? DECISIONS.filter(([id]) => id !== 'resend') : DECISIONS;
  const [as, setAs] = useState(options[0]![0]);
  const [note, setNote] = useState('');
  const [all, setAll] = useState(false);
  const { busy, error, run, changed } = useAction();

  function submit(event: SubmitEvent) {
    event.preventDefault();
    const { id, tenant, messageId } = text;
    const [path, scope] = all ? ['decisions', { tenant, messageId }] : [`${id}/decision`, {}];
    run(
      (key) => request<Decided>('POST', `/api/v1/uncertain/${path}`, { key, body: { ...scope, as, note } }),
      onDecided,
    );
  }

  return (
    <form className="bar" onSubmit={submit} onChange={changed}>
      <Choice zh="处理结果" en="Decision" name="as" value={as} onChange={setAs} options={options} />
      <TextField zh="依据" en="What it rests on" name="note" value={note} onChange={setNote} maxLength={500} required />
      {text.messageId !== undefined && (
        <label className="choice">
          <input type="checkbox" name="all" checked={all} onChange={(event) => setAll(event.target.checked)} />
          <Words zh="该消息全部待核实的" en="All of this message" />
        </label>
      )}
      <button disabled={busy}>
        <Words zh={all ? '全部处理' : '处理这一条'} en={all ? 'Decide all' : 'Decide this one'} />
      </button>
      <ErrorNote error={error} />
    </form>
  );
}
