import type { Instrument, Market } from './instrument.ts';

/** The list of contracts, with the fields that BingX documents and more of them than clients need. */
export function contractsOf(market: Market): readonly object[] {
  return [...market.values()].map(contractOf);
}

function contractOf(instrument: Instrument, index: number): object {
  const [asset, currency] = instrument.symbol.split('-');
  return {
    contractId: String(100 + index),
    symbol: instrument.symbol,
    size: '0.0001',
    quantityPrecision: instrument.volumeDecimals,
    pricePrecision: instrument.priceDecimals,
    feeRate: 0.0005,
    makerFeeRate: 0.0002,
    takerFeeRate: 0.0005,
    tradeMinLimit: 0,
    tradeMinQuantity: 0.0001,
    tradeMinUSDT: 2,
    maxLongLeverage: 125,
    maxShortLeverage: 125,
    currency,
    asset,
    status: 1,
    apiStateOpen: 'true',
    apiStateClose: 'true',
    ensureTrigger: true,
    triggerFeeRate: '0.00050000',
    brokerState: true,
    launchTime: instrument.launchTime,
    maintainTime: 0,
    offTime: 0,
    displayName: instrument.symbol,
  };
}
