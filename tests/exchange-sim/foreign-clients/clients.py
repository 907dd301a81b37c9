"""Asks the stand-in through Python clients; prints one JSON object with the candles they report."""

import asyncio
import json
import sys

import ccxt.pro
from bingx import BingXClient as BingxPython
from bingx_py import BingXClient as BingxPy

rest_url, ws_url, spot_ws_url = sys.argv[1:4]
since, until = int(sys.argv[4]), int(sys.argv[5])


async def ask_ccxt(market, symbol):
    client = ccxt.pro.bingx({"options": {"defaultType": market}})
    for name in client.urls["api"]:
        if name != "ws":
            client.urls["api"][name] = rest_url + "/openApi"
    client.urls["api"]["ws"]["linear"] = ws_url
    client.urls["api"]["ws"]["spot"] = spot_ws_url
    try:
        fetched = await client.fetch_ohlcv(symbol, "3m", since, 1000, {"until": until})
        watched = {}
        while len(watched) < 4:
            for candle in await client.watch_ohlcv(symbol, "1m"):
                watched[candle[0]] = candle
        return fetched, sorted(watched.values())
    finally:
        await client.close()


def ask_bingx_python():
    client = BingxPython("key", "secret", base_uri=rest_url)
    answer = client.market().get_klines("BTC-USDT", "3m", 1000, since, until)
    return [row(candle) for candle in answer["data"]]


def ask_bingx_py():
    with BingxPy("key", "secret") as client:
        client.base_url = rest_url
        # Not get_symbols(): this client wants `brokerState` as a text, where BingX documents a boolean.
        answer = client.swap.kline_candlestick_data("BTC-USDT", "3m", since, until, 1000)
    return [row(candle.model_dump()) for candle in answer.data]


def row(candle):
    values = [candle[name] for name in ("open", "high", "low", "close", "volume")]
    return [int(candle["time"])] + [float(value) for value in values]


ccxt_fetched, ccxt_watched = asyncio.run(ask_ccxt("swap", "BTC/USDT:USDT"))
spot_fetched, spot_watched = asyncio.run(ask_ccxt("spot", "BTC/USDT"))
print(
    json.dumps(
        {
            "ccxtFetched": ccxt_fetched,
            "ccxtWatched": ccxt_watched,
            "spotFetched": spot_fetched,
            "spotWatched": spot_watched,
            "bingxPython": ask_bingx_python(),
            "bingxPy": ask_bingx_py(),
        }
    )
)
