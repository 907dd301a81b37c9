import type { Instrument, Market } from './instrument.ts';

/**
 * The contracts, or the one of `symbol`, with the fields and types of BingX's documentation ("USDT-M Perp Futures symbols"); null when
 * there is no such symbol.
 */
export function contractsOf(market: Market, symbol?: string): readonly object[] | null {
  if (symbol !== undefined && !market.has(symbol)) return null;
  return [...market.values()]
    .map(contractOf)
    .filter((contract) => symbol === undefined || contract.symbol === symbol);
}

function contractOf(instrument: Instrument, index: number) {
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
    status: 1,
    apiStateOpen: 'true',
    apiStateClose: 'true',
    ensureTrigger: true,
    triggerFeeRate: '0.00050000',
    brokerState: false,
    launchTime: instrument.launchTime,
    maintainTime: 0,
    offTime: 0,
    displayName: instrument.symbol,
  };
}
