import { useState } from 'react';
import { useAction } from '../action.ts';
import { Confirm } from '../confirm.tsx';
import { request } from '../request.ts';
import { DoneNote, ErrorNote, type Wording } from '../words.tsx';
import { WorkflowLink, type Workflow } from '../workflow-link.tsx';

interface ChargeMonthProps extends Wording {
  tenant: string;
  month: string;
  disabled?: boolean;
}

/** Charges a month, or charges it again, which is harmless. Another month is another one: give it a `key`. */
export function ChargeMonth({ zh, en, tenant, month, disabled = false }: ChargeMonthProps) {
  const { busy, error, run } = useAction();
  const [workflow, setWorkflow] = useState<Workflow>();
  const charge = () =>
    run(
      (key) => request<{ workflow: Workflow }>('POST', '/api/v1/billing/runs', { body: { tenant, month }, key }),
      (answer) => setWorkflow(answer.workflow),
    );
  return (
    <>
      <ErrorNote error={error} />
      <DoneNote done={workflow && { zh: '正在计费。', en: 'It runs.' }} />
      {workflow && (
        <p>
          <WorkflowLink workflow={workflow} />
        </p>
      )}
      <Confirm
        zh={zh}
        en={en}
        disabled={busy || disabled}
        question={{
          zh: `对 ${month} 计费？每户每月最多收一次，不会重复收费。`,
          en: 'Nobody is charged twice for a month.',
        }}
        onConfirm={charge}
      />
    </>
  );
}
