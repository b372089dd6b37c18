import type { Wording } from './words.tsx';

/** What people call the roles. */
export const ROLES: Record<string, Wording> = {
  teacher: { zh: '老师', en: 'teacher' },
  'school-admin': { zh: '校长', en: 'principal' },
  parent: { zh: '家长', en: 'parent' },
  agent: { zh: '代理商', en: 'agent' },
  'customer-service': { zh: '客服', en: 'customer service' },
  'carrier-admin': { zh: '移动管理员', en: 'carrier admin' },
  ops: { zh: '运维', en: 'ops' },
};
