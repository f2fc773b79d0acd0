"""What tracing adds to a warm invocation: one function that passes traces through, one with active tracing
and AWS's default sampling, and one of which every call is traced, called in turn.

    GANTRY_BIN=build/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/traces_bench.py [--seconds 3] [--rounds 5]

Medians over the rounds, and of the ratios of each round: machines are shared.
"""
import argparse
import statistics

from support.platform import Platform, create_function, invoke
from invoke_bench import PYTHON, cpu_micros, load, signed_request

KINDS = {"pass": "PassThrough", "sampled": "Active", "all": "Active"}


def sampling_rule(name, rate):
    return {"RuleName": name, "ResourceARN": "*", "Priority": 1, "FixedRate": rate, "ReservoirSize": 0,
            "ServiceName": name, "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with Platform() as platform:
        client, xray = platform.client(), platform.client("xray")
        xray.create_sampling_rule(SamplingRule=sampling_rule("all", 1))
        for name, mode in KINDS.items():
            create_function(client, name, PYTHON, TracingConfig={"Mode": mode}, MemorySize=1769)
            invoke(client, name)
        address = platform.endpoint[len("http://"):]
        rounds = {name: [] for name in KINDS}
        for _ in range(options.rounds):
            for name in KINDS:
                before = cpu_micros(platform.process.pid)
                result = load(address, signed_request(platform, name), 1, options.seconds)
                result["cpu"] = (cpu_micros(platform.process.pid) - before) / result["count"]
                assert result["failures"] == 0, result
                rounds[name].append(result)
    print(f"{'':10}{'p50 us':>10}{'p99 us':>10}{'daemon CPU us':>16}{'p50 ratio':>12}{'CPU ratio':>12}")
    for name, results in rounds.items():
        median = lambda key: statistics.median(each[key] for each in results)
        ratio = lambda key: statistics.median(
            each[key] / base[key] for each, base in zip(results, rounds["pass"]))
        print(f"{name:10}{median('p50'):10.1f}{median('p99'):10.1f}{median('cpu'):16.1f}"
              f"{ratio('p50'):12.3f}{ratio('cpu'):12.3f}")


if __name__ == "__main__":
    main()
