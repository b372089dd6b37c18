import type { DemoFile } from './demo/demo-file.ts';
import type { StaffRole } from './demo/accounts.ts';
import { pad } from './progress.ts';

const STAFF: Record<StaffRole, [chinese: string, english: string]> = {
  'school-admin': ['校长', 'principals'],
  agent: ['代理商', 'agent'],
  'carrier-admin': ['移动管理员', 'carrier admin'],
  ops: ['运维', 'ops'],
};

/**
 * Addresses and logins, in Chinese with English beside it.
 * @param texted whose parent comes first among those who can sign in
 */
export function tableOf(demo: DemoFile, dataDir: string, texted: string | null): string {
  const { teachers, customerService, staff, mqttCredentials } = demo;
  const parents = demo.parents.toSorted((a, b) => Number(b.phone === texted) - Number(a.phone === texted));
  const login = (name: string, password: string) => `${name} / ${password}`;
  const rows: [string, string, string][] = [
    ['网页', 'web and API', demo.api],
    ['虚拟手机', 'handsets', demo.handsets ?? '—'],
    ['工作流', 'Temporal UI', demo.temporal.ui ?? demo.temporal.address],
    ['读卡器接入', 'MQTT', demo.mqtt],
    ...(mqttCredentials
      ? [['', '', login(mqttCredentials.username, mqttCredentials.password)] satisfies [string, string, string]]
      : []),
    ['短信网关', 'SMPP', `${demo.smpp.host}:${demo.smpp.port}`],
    ['短信特服号', 'short code', `${demo.carrier.shortCode} (${demo.carrier.profile})`],
    ...teachers.map(({ login: name, password, phone }, i): [string, string, string] => [
      ...(i === 0 ? (['班主任', 'teachers'] as const) : (['', ''] as const)),
      `${login(name.padEnd(12), password)}   ${phone}`,
    ]),
    ...parents
      .slice(0, 2)
      .map(({ phone, password }, i): [string, string, string] => [
        ...(i === 0 ? (['家长', 'parents'] as const) : (['', ''] as const)),
        login(phone.padEnd(12), password),
      ]),
    ...(customerService
      ? [['客服', '10086', login(customerService.login, customerService.password)] satisfies [string, string, string]]
      : []),
    ...staff.map(({ login: name, password, role }, i): [string, string, string] => [
      ...(staff[i - 1]?.role === role ? (['', ''] as const) : STAFF[role]),
      login(name, password),
    ]),
    ['监控指标', 'metrics', `${demo.metrics.url}  Authorization: Bearer ${demo.metrics.token}`],
    ['数据', 'data, logs', `${dataDir} (demo.json: all of this and the tokens)`],
  ];
  return rows.map(([chinese, english, value]) => `  ${pad(chinese, 12)} ${pad(english, 13)} ${value}`).join('\n');
}
