import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { eventOf, linesOf } from '../support/charge-story.ts';

const carriers = loadCarriers();

// The worked examples: month, what was said, the month's lines (rule, fen, when decided).
type Example = [month: string, said: string[], lines: string[]];

const gansu: Record<string, Example[]> = {
  'R1: a first order from day 1 00:00 until day 21 00:00 is charged after 72 hours': [
    ['2026-03', ['order 03-05 10:00:00'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['order 03-01 00:00:00'], ['R1 800 03-04 00:00:00']],
    ['2026-02', ['order 02-28 23:59:59'], []],
    ['2026-03', ['order 02-28 23:59:59'], ['R4 800 03-01 00:00:00']],
    ['2026-03', ['order 03-20 23:59:59'], ['R1 800 03-23 23:59:59']],
    ['2026-03', ['order 03-21 00:00:00'], []],
    ['2026-03', ['web order 03-05 10:00'], ['R1 800 03-08 10:00:00']],
    ['2026-02', ['order 02-20 23:59:59'], ['R1 800 02-23 23:59:59']],
    ['2028-02', ['order 2028-02-20 23:59:59'], ['R1 800 2028-02-23 23:59:59']],
  ],
  'R1: cancelled before 72 hours are over, nothing is due': [
    ['2026-03', ['order 03-05 10:00:00', 'cancel 03-08 09:59:59'], []],
    ['2026-03', ['order 03-05 10:00:00', 'cancel 03-08 10:00:00'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['order 03-05 10:00:00', 'cancel 03-08 10:00:01'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['order 03-05 10:00:00', 'cancel 03-05 10:00:00'], []],
    ['2026-03', ['order 03-20 23:59:59', 'cancel 03-23 23:59:58'], []],
    ['2026-03', ['order 03-20 23:59:59', 'cancel 03-23 23:59:59'], ['R1 800 03-23 23:59:59']],
    ['2026-03', ['order 03-05 10:00', 'customer-service cancel 03-06 10:00'], []],
    ['2026-04', ['order 03-05 10:00', 'cancel 03-06 10:00'], []],
  ],
  'R2: a late order is billed from the next month, unless cancelled before it begins': [
    ['2026-03', ['order 03-31 23:59:59'], []],
    ['2026-04', ['order 03-31 23:59:59'], ['R4 800 04-01 00:00:00']],
    ['2026-04', ['order 03-21 00:00:00'], ['R4 800 04-01 00:00:00']],
    ['2026-04', ['order 03-25 10:00', 'cancel 03-31 23:59:59'], []],
    ['2026-04', ['order 03-25 10:00', 'cancel 04-01 00:00:00'], ['R4 800 04-01 00:00:00']],
    ['2026-04', ['order 04-01 00:00:00'], ['R1 800 04-04 00:00:00']],
    // Months of 28, 29, 30 and 31 days, and the year's end.
    ['2026-03', ['order 02-21 00:00:00', 'cancel 02-28 23:59:59'], []],
    ['2028-03', ['order 2028-02-29 23:59:59'], ['R4 800 2028-03-01 00:00:00']],
    ['2028-03', ['order 2028-02-21 00:00', 'cancel 2028-02-29 23:59:59'], []],
    ['2026-05', ['order 04-30 23:59:59'], ['R4 800 05-01 00:00:00']],
    ['2027-01', ['order 12-31 23:59:59'], ['R4 800 2027-01-01 00:00:00']],
    ['2027-01', ['order 12-25 10:00', 'cancel 12-31 23:59:59'], []],
    ['2026-12', ['order 12-31 23:59:59'], []],
  ],
  'R3: a repeat order is charged at once, from day 1 00:00 until day 24 00:00': [
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-07 10:00:00'], ['R3 800 03-07 10:00:00']],
    [
      '2026-03',
      ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-07 10:00', 'cancel 03-07 10:00:01'],
      ['R3 800 03-07 10:00:00'],
    ],
    [
      '2026-03',
      ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-07 10:00', 'cancel 03-07 10:00:00'],
      ['R3 800 03-07 10:00:00'],
    ],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-23 23:59:59'], ['R3 800 03-23 23:59:59']],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-24 00:00:00'], []],
    ['2026-04', ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-24 00:00:00'], ['R4 800 04-01 00:00:00']],
    ['2026-04', ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-24 00:00:00', 'cancel 03-31 23:59:59'], []],
    ['2026-03', ['order 03-21 00:00', 'cancel 03-21 10:00', 'order 03-22 10:00'], ['R3 800 03-22 10:00:00']],
    // A cancel and an order at the very end of the waiver: R1's fee, and nothing more.
    ['2026-03', ['order 03-05 10:00', 'cancel 03-08 10:00', 'order 03-08 10:00'], ['R1 800 03-08 10:00:00']],
    // After a fee, or a month carried over, nothing is charged again.
    ['2026-03', ['order 03-05 10:00', 'cancel 03-10 10:00', 'order 03-11 10:00'], ['R1 800 03-08 10:00:00']],
    ['2026-04', ['order 03-05 10:00', 'cancel 04-02 10:00', 'order 04-03 10:00'], ['R4 800 04-01 00:00:00']],
    [
      '2026-03',
      ['order 03-02 08:00', 'cancel 03-02 09:00', 'order 03-02 10:00', 'cancel 03-02 11:00', 'order 03-02 12:00'],
      ['R3 800 03-02 10:00:00'],
    ],
    // Last month's order and cancel don't make this month's order a repeat.
    ['2026-04', ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 04-02 10:00'], ['R1 800 04-05 10:00:00']],
    ['2026-04', ['order 03-25 10:00', 'cancel 03-31 23:59:59', 'order 04-01 00:00'], ['R1 800 04-04 00:00:00']],
    // A cancel without an order isn't one to repeat.
    ['2026-03', ['cancel 03-02 10:00', 'order 03-05 10:00'], ['R1 800 03-08 10:00:00']],
  ],
  'R4: what goes on into a month is charged once, when it begins': [
    ['2026-04', ['order 03-05 10:00'], ['R4 800 04-01 00:00:00']],
    ['2026-09', ['order 2020-03-05 10:00'], ['R4 800 09-01 00:00:00']],
    ['2026-04', ['order 03-05 10:00', 'cancel 03-31 23:59:59'], []],
    ['2026-04', ['order 03-05 10:00', 'cancel 04-01 00:00:00'], ['R4 800 04-01 00:00:00']],
    ['2026-05', ['order 03-05 10:00', 'cancel 04-01 00:00:00'], []],
    ['2026-02', ['order 03-05 10:00'], []],
  ],
  'consent: nothing is due without it': [
    ['2026-03', ['agent order 03-05 10:00'], []],
    ['2026-04', ['agent order 03-05 10:00', 'admin order 03-06 10:00'], []],
    ['2026-04', ['customer-service order 03-05 10:00'], []],
    ['2026-03', ['agent order 03-05 10:00', 'order 03-10 10:00'], ['R1 800 03-13 10:00:00']],
    ['2026-03', ['agent order 03-20 10:00', 'order 03-21 00:00:00'], []],
    ['2026-03', ['agent order 03-05 10:00', 'consent 03-10 10:00'], ['R1 800 03-13 10:00:00']],
    // With a signed slip the consent is recorded beside the order.
    ['2026-03', ['agent order 03-05 10:00', 'agent consent 03-05 10:00'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['agent order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-10 10:00'], ['R1 800 03-13 10:00:00']],
  ],
  'an order while active changes nothing, nor does a cancel without an order': [
    ['2026-03', ['order 03-05 10:00', 'order 03-06 10:00', 'order 03-06 10:00'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['order 03-05 10:00', 'order 03-06 10:00', 'cancel 03-08 10:00'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['order 03-05 10:00', 'agent order 03-06 10:00'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['cancel 03-05 10:00', 'cancel 03-05 10:00'], []],
    ['2026-04', ['order 03-05 10:00', 'cancel 03-10 10:00', 'cancel 03-10 10:00', 'cancel 04-02 10:00'], []],
  ],
  'gifts print no line, and giving them up ends nothing that is paid': [
    ['2026-03', ['order safety-sms 03-05 10:00', 'order family-phone 03-05 10:00'], []],
    ['2026-04', ['order 03-05 10:00', 'cancel safety-sms 03-06 10:00'], ['R4 800 04-01 00:00:00']],
  ],
  'R8: a cancel in time that we learn of after the charge reverses it': [
    [
      '2026-03',
      ['order 03-05 10:00', 'cancel 03-08 09:59:59 learnt 03-08 10:00:01'],
      ['R1 800 03-08 10:00:00', 'R8 -800 03-08 10:00:01'],
    ],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-08 09:59:59 learnt 03-08 10:00:00'], []],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-08 10:00:00 learnt 03-09 10:00:00'], ['R1 800 03-08 10:00:00']],
    [
      '2026-04',
      ['order 03-05 10:00', 'cancel 03-31 23:59:59 learnt 04-01 00:00:01'],
      ['R4 800 04-01 00:00:00', 'R8 -800 04-01 00:00:01'],
    ],
    ['2026-04', ['order 03-05 10:00', 'cancel 03-31 23:59:59 learnt 04-01 00:00:00'], []],
    [
      '2026-05',
      ['order 03-05 10:00', 'cancel 03-31 23:59:59 learnt 05-03 10:00:00'],
      ['R4 800 05-01 00:00:00', 'R8 -800 05-03 10:00:00'],
    ],
    ['2026-06', ['order 03-05 10:00', 'cancel 03-31 23:59:59 learnt 05-03 10:00:00'], []],
    // The reversal belongs to the month whose fee it takes back, whenever we learn.
    [
      '2026-03',
      ['order 03-20 10:00', 'cancel 03-22 10:00 learnt 04-20 10:00'],
      ['R1 800 03-23 10:00:00', 'R8 -800 04-20 10:00:00'],
    ],
    // A second cancel that we knew of in time: nothing was charged that could be reversed.
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 10:00 learnt 03-20 10:00', 'cancel 03-07 10:00'], []],
    // We learn of the order after its cancel: it was never charged.
    ['2026-03', ['order 03-05 10:00 learnt 03-20 10:00', 'cancel 03-06 10:00 learnt 03-19 10:00'], []],
    // Wholly reversed, the fee is as if it had never been: a later order in the month is a repeat like any other.
    [
      '2026-03',
      ['order 03-05 10:00', 'cancel 03-06 10:00 learnt 03-09 10:00', 'order 03-10 10:00'],
      ['R1 800 03-08 10:00:00', 'R8 -800 03-09 10:00:00', 'R3 800 03-10 10:00:00'],
    ],
    [
      '2026-03',
      ['order 03-05 10:00', 'cancel 03-06 10:00 learnt 03-09 10:00', 'order 03-24 00:00'],
      ['R1 800 03-08 10:00:00', 'R8 -800 03-09 10:00:00'],
    ],
    // Ordered again before the charge: the fee was due all the same, and there is nothing to reverse.
    [
      '2026-03',
      ['order 03-05 10:00', 'cancel 03-06 10:00 learnt 03-09 10:00', 'order 03-07 10:00'],
      ['R3 800 03-07 10:00:00'],
    ],
    [
      '2026-04',
      ['order 03-05 10:00', 'cancel 03-20 10:00 learnt 04-09 10:00', 'order 03-25 10:00'],
      ['R4 800 04-01 00:00:00'],
    ],
  ],
};

const shanxi: Record<string, Example[]> = {
  'prices of the bundles': [
    ['2026-03', ['order 03-05 10:00'], ['R1 500 03-08 10:00:00']],
    ['2026-03', ['web order SAFE 03-05 10:00'], ['R1 700 03-08 10:00:00']],
    ['2026-03', ['web order CALL 03-05 10:00'], ['R1 800 03-08 10:00:00']],
    ['2026-03', ['web order ALL 03-05 10:00'], ['R1 1000 03-08 10:00:00']],
  ],
  'R5: in free months what would have been charged is a zero line': [
    ['2026-07', ['order 03-05 10:00'], ['R5 0 07-01 00:00:00']],
    ['2026-08', ['order 03-05 10:00'], ['R5 0 08-01 00:00:00']],
    ['2027-02', ['order 03-05 10:00'], ['R5 0 2027-02-01 00:00:00']],
    ['2026-06', ['order 03-05 10:00'], ['R4 500 06-01 00:00:00']],
    ['2026-09', ['order 03-05 10:00'], ['R4 500 09-01 00:00:00']],
    ['2026-02', ['order 02-05 10:00'], ['R5 0 02-08 10:00:00']],
    ['2026-02', ['order 02-05 10:00', 'cancel 02-08 09:59:59'], []],
    ['2026-02', ['order 02-21 00:00'], []],
    ['2026-02', ['order 02-02 10:00', 'cancel 02-03 10:00', 'order 02-04 10:00'], ['R5 0 02-04 10:00:00']],
    ['2026-03', ['order 02-28 23:59:59'], ['R4 500 03-01 00:00:00']],
    ['2026-07', ['order 06-05 10:00', 'cancel 06-30 23:59:59 learnt 07-02 10:00'], ['R5 0 07-01 00:00:00']],
  ],
  'R6: a year is paid in the month it is ordered, and ends after twelve': [
    ['2026-03', ['web order HS/year 03-05 10:00'], ['R6 4000 03-08 10:00:00']],
    ['2026-03', ['web order HS/year 03-05 10:00', 'cancel HS/year 03-08 09:59:59'], []],
    ['2026-04', ['web order HS/year 03-05 10:00'], []],
    ['2026-07', ['web order HS/year 03-05 10:00'], []],
    ['2027-03', ['web order HS/year 03-05 10:00'], []],
    [
      '2027-03',
      ['web order HS/year 03-05 10:00', 'web order HS/year 2027-03-02 10:00'],
      ['R6 4000 2027-03-05 10:00:00'],
    ],
    ['2026-03', ['web order HS/year 03-21 00:00'], []],
    ['2026-04', ['web order HS/year 03-21 00:00'], ['R6 4000 04-01 00:00:00']],
    [
      '2026-03',
      ['web order HS/year 03-05 10:00', 'cancel HS/year 03-06 10:00', 'web order HS/year 03-07 10:00'],
      ['R6 4000 03-07 10:00:00'],
    ],
    // A year that begins in a free month is paid all the same: its price is for nine months of the twelve.
    ['2026-07', ['web order HS/year 07-05 10:00'], ['R6 4000 07-08 10:00:00']],
    ['2026-03', ['web order ALL/year 03-05 10:00'], ['R6 7500 03-08 10:00:00']],
  ],
  'R6: given up, what is unused is paid back': [
    // March is used; April to February has 8 non-free months: 4000 × 8 ÷ 9 = 3555.5…
    [
      '2026-03',
      ['web order HS/year 03-05 10:00', 'cancel HS/year 03-10 10:00'],
      ['R6 4000 03-08 10:00:00', 'R6 -3555 03-10 10:00:00'],
    ],
    // Left: October, November, December, January.
    ['2026-09', ['web order HS/year 03-05 10:00', 'cancel HS/year 09-10 10:00'], ['R6 -1777 09-10 10:00:00']],
    // Left: February, which is free.
    ['2027-01', ['web order HS/year 03-05 10:00', 'cancel HS/year 2027-01-10 10:00'], []],
    ['2026-09', ['web order HS/year 03-05 10:00', 'cancel 09-10 10:00'], ['R6 -1777 09-10 10:00:00']],
    [
      '2026-03',
      ['web order HS/year 03-05 10:00', 'cancel HS/year 03-06 10:00 learnt 03-10 10:00'],
      ['R6 4000 03-08 10:00:00', 'R8 -4000 03-10 10:00:00'],
    ],
    // Replaced from May on: nine months less March and April.
    [
      '2026-05',
      ['web order HS/year 03-05 10:00', 'web order HS 04-10 10:00'],
      ['R4 500 05-01 00:00:00', 'R6 -3111 05-01 00:00:00'],
    ],
    // The keyword names no package: what the year includes is had already.
    ['2026-05', ['web order HS/year 03-05 10:00', 'order 04-10 10:00'], []],
    // What the year has paid for has its fee.
    [
      '2026-09',
      ['web order HS/year 03-05 10:00', 'cancel 09-10 10:00', 'order 09-12 10:00'],
      ['R6 -1777 09-10 10:00:00'],
    ],
    [
      '2026-10',
      ['web order HS/year 03-05 10:00', 'cancel 09-10 10:00', 'order 09-12 10:00'],
      ['R4 500 10-01 00:00:00'],
    ],
  ],
  'R6: an order in a year’s last month is the consent to what follows': [
    [
      '2027-03',
      ['web order HS/year 03-05 10:00', 'web order HS/year 2027-02-10 10:00'],
      ['R6 4000 2027-03-01 00:00:00'],
    ],
    ['2027-03', ['web order HS/year 03-05 10:00', 'web order HS/year 2027-01-31 23:59:59'], []],
    ['2027-03', ['web order HS/year 03-05 10:00', 'order 2027-02-10 10:00'], ['R4 500 2027-03-01 00:00:00']],
    ['2027-02', ['web order HS/year 03-05 10:00', 'order 2027-02-10 10:00'], []],
    ['2027-03', ['web order HS/year 03-05 10:00', 'web order HS/year 2027-02-10 10:00', 'cancel 2027-02-11 10:00'], []],
    // The latest word counts; the keyword after it says nothing new.
    [
      '2027-03',
      ['web order HS/year 03-05 10:00', 'order 2027-02-10 10:00', 'web order HS/year 2027-02-11 10:00', 'order 2027-02-12 10:00'], // prettier-ignore
      ['R6 4000 2027-03-01 00:00:00'],
    ],
    ['2028-03', ['web order HS/year 03-05 10:00', 'web order HS/year 2027-02-10 10:00'], []],
  ],
  'at one instant': [
    // Of two orders the cheaper counts, then the lower package id; orders before cancels.
    ['2026-03', ['web order ALL 03-05 10:00', 'web order HS 03-05 10:00'], ['R1 500 03-08 10:00:00']],
    ['2026-04', ['web order ALL 03-05 10:00', 'web order HS 03-05 10:00'], ['R4 500 04-01 00:00:00']],
    [
      '2026-04',
      ['order 03-05 10:00', 'web order ALL 03-06 10:00', 'web order SAFE 03-06 10:00'],
      ['R4 700 04-01 00:00:00'],
    ],
    ['2026-03', ['web order ALL 03-05 10:00', 'web order HS 03-05 10:00', 'cancel 03-05 10:00'], []],
  ],
  'R7: another bundle replaces the old one from the next month': [
    ['2026-03', ['order 03-05 10:00', 'web order ALL 03-06 10:00'], ['R1 500 03-08 10:00:00']],
    ['2026-04', ['order 03-05 10:00', 'web order ALL 03-06 10:00'], ['R4 1000 04-01 00:00:00']],
    ['2026-04', ['order 03-05 10:00', 'web order ALL 03-31 23:59:59'], ['R4 1000 04-01 00:00:00']],
    ['2026-04', ['order 03-05 10:00', 'web order ALL 04-01 00:00:00'], ['R4 500 04-01 00:00:00']],
    ['2026-05', ['order 03-05 10:00', 'web order ALL 04-01 00:00:00'], ['R4 1000 05-01 00:00:00']],
    [
      '2026-04',
      ['order 03-05 10:00', 'web order ALL 03-06 10:00', 'web order SAFE 03-07 10:00'],
      ['R4 700 04-01 00:00:00'],
    ],
    [
      '2026-04',
      ['order 03-05 10:00', 'web order ALL 03-06 10:00', 'web order HS 03-07 10:00'],
      ['R4 500 04-01 00:00:00'],
    ],
    ['2026-04', ['order 03-05 10:00', 'web order ALL 03-06 10:00', 'order 03-07 10:00'], ['R4 1000 04-01 00:00:00']],
    ['2026-04', ['web order ALL 03-06 10:00', 'order 03-07 10:00'], ['R4 1000 04-01 00:00:00']],
    ['2026-04', ['order 03-05 10:00', 'web order ALL 03-06 10:00', 'cancel 03-10 10:00'], []],
    ['2026-04', ['order 03-05 10:00', 'agent order ALL 03-06 10:00'], ['R4 500 04-01 00:00:00']],
    ['2026-07', ['order 03-05 10:00', 'web order ALL 06-06 10:00'], ['R5 0 07-01 00:00:00']],
    ['2026-04', ['order 03-05 10:00', 'web order HS/year 03-06 10:00'], ['R6 4000 04-01 00:00:00']],
    // Cancelled and ordered anew, another bundle shares 家校互动 and wins no new waiver; but the month has its fee.
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 10:00', 'web order ALL 03-07 10:00'], ['R3 1000 03-07 10:00:00']],
    ['2026-03', ['order 03-21 10:00', 'cancel 03-21 11:00', 'web order ALL 03-22 10:00'], ['R3 1000 03-22 10:00:00']],
    ['2026-04', ['order 03-05 10:00', 'cancel 03-06 10:00', 'web order ALL 04-02 10:00'], ['R1 1000 04-05 10:00:00']],
    [
      '2026-03',
      ['order 03-01 10:00', 'cancel 03-04 09:00', 'web order SAFE 03-04 09:30', 'cancel 03-07 09:00', 'web order ALL 03-07 09:30'], // prettier-ignore
      ['R3 700 03-04 09:30:00'],
    ],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-09 10:00', 'web order ALL 03-10 10:00'], ['R1 500 03-08 10:00:00']],
    ['2026-04', ['order 03-05 10:00', 'cancel 04-09 10:00', 'web order ALL 04-10 10:00'], ['R4 500 04-01 00:00:00']],
  ],
};

describe.each([
  ['gansu', gansu],
  ['shanxi', shanxi],
])('%s', (carrier, chapters) => {
  describe.each(Object.entries(chapters))('%s', (_rule, examples) => {
    it.each(examples)('%s: %j → %j', (month, said, lines) => {
      const events = said.map((each) => eventOf(each));
      const versions = carriers.versions(carrier);
      expect(linesOf(events, versions, month)).toEqual(lines);
      expect(linesOf(events.toReversed(), versions, month)).toEqual(lines);
    });
  });
});

it('has the sixty examples that issue 5 asks for, and more', () => {
  const count = [gansu, shanxi].flatMap((chapters) => Object.values(chapters)).flat().length;
  expect(count).toBeGreaterThan(100);
});
