import type { ContractState } from './contractState.ts';
import type { Exchange } from './exchange.ts';
import type { Faults } from './faults.ts';
import type { Instrument } from './instrument.ts';

/** The state of a contract under the faults; null while it is not listed. */
export function contractState(faults: Faults, instrument: Instrument): ContractState | null {
  const change = faults.contracts.find(({ symbol }) => symbol === instrument.symbol);
  if (change?.listed === false) return null;
  const { launchTime } = instrument;
  return { status: 1, apiStateOpen: true, offTime: 0, launchTime, ...instrument.contract, ...change };
}

/**
 * Rows of the contract list, or the one of `symbol`, with the fields of BingX's documentation ("USDT-M Perp
 * Futures symbols"); null for a symbol that is not listed.
 */
export function contractRows(exchange: Exchange, symbol?: string): readonly object[] | null {
  const { faults } = exchange;
  const rows = [...exchange.market.values()].flatMap((instrument, index) => {
    const state = contractState(faults, instrument);
    const isWanted = symbol === undefined || symbol === instrument.symbol;
    return state && isWanted ? [contractRow(instrument, index, state)] : [];
  });
  return symbol !== undefined && rows.length === 0 ? null : rows;
}

function contractRow(instrument: Instrument, index: number, state: ContractState) {
  const [asset, currency] = instrument.symbol.split('-');
  return {
    contractId: String(100 + index),
    symbol: instrument.symbol,
    size: '0.0001',
    quantityPrecision: instrument.volumeDecimals,
    pricePrecision: instrument.priceDecimals,
    makerFeeRate: 0.0002,
    takerFeeRate: 0.0005,
    tradeMinQuantity: 0.0001,
    tradeMinUSDT: 2,
    currency,
    asset,
    status: state.status,
    apiStateOpen: String(state.apiStateOpen),
    apiStateClose: 'true',
    ensureTrigger: true,
    triggerFeeRate: '0.00050000',
    brokerState: false,
    launchTime: state.launchTime,
    maintainTime: 0,
    offTime: state.offTime,
    displayName: instrument.symbol,
  };
}
