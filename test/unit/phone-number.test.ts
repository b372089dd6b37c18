import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { isMobile, withoutPrefixes } from '../../workflows/domain/phone-number.ts';

const { numberPrefixes } = loadCarriers().profile('gansu');

describe('a number without what networks write before it', () => {
  it.each([
    ['13900000001', '13900000001'],
    ['+8613900000001', '13900000001'],
    ['8613900000001', '13900000001'],
    ['008613900000001', '13900000001'],
    ['+008613900000001', '13900000001'],
    ['1252013900000001', '13900000001'],
    ['861252013900000001', '13900000001'],
    ['00861252013900000001', '13900000001'],
    ['868613900000001', '13900000001'],
    // Nothing whole shows behind what could be taken off.
    ['8610086', '8610086'],
    ['10086', '10086'],
    ['+10086', '10086'],
    ['86139000000012', '86139000000012'],
    ['8612000000001', '8612000000001'],
    ['12520', '12520'],
    ['', ''],
    ['CMCC', 'CMCC'],
    ['4413900000001', '4413900000001'],
  ])('%j is %j', (address, number) => {
    expect(withoutPrefixes(address, numberPrefixes)).toBe(number);
  });

  it('is whole where the caller says so', () => {
    const isShortCode = (number: string) => number.startsWith('10657099');
    expect(withoutPrefixes('8610657099123', numberPrefixes, isShortCode)).toBe('10657099123');
    expect(withoutPrefixes('10657099861390', numberPrefixes, isShortCode)).toBe('10657099861390');
  });

  it.each([
    ['13900000001', true],
    ['19900000001', true],
    ['12900000001', false],
    ['1390000000', false],
    ['139000000012', false],
  ])('%s is a mobile number: %s', (number, mobile) => expect(isMobile(number)).toBe(mobile));
});
