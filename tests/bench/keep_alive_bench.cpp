// keep_alive_bench [TRACE.csv | --calls]
// A day of calls on a clock of its own: what the fixed keep-alive and the learned one make of them.
// Without a file the day is made up of functions as the Azure traces have them: timers, rare ones,
// and such that are called in bursts. A file has a line a call, app,func,end_timestamp,duration in
// seconds (the public Azure Functions trace of 2021), or a line a function with counts for each
// minute from the fifth column on (the one of 2019). With --calls it prints the made-up day in the
// first form instead, for keep_alive_replay.py.
#include "backend/invoke/keep_alive.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace gantry::invoke;

namespace {

constexpr double kDay = 86'400;
constexpr int kMemoryMb = 170; // the median allocation of an application in the paper

struct Call {
    double at = 0; // seconds
    double duration = 0.5;
    std::string function;
};

void timer(std::vector<Call>& calls, const std::string& name, double minutes)
{
    for (double at = 7 * minutes; at < kDay; at += minutes * 60)
        calls.push_back({at, 0.5, name});
}

void poisson(std::vector<Call>& calls, const std::string& name, double meanMinutes, std::mt19937& random)
{
    std::exponential_distribution<double> gap(1 / (meanMinutes * 60));
    for (double at = gap(random); at < kDay; at += gap(random))
        calls.push_back({at, 0.5, name});
}

void bursts(std::vector<Call>& calls, const std::string& name, double everyMinutes, int size,
            std::mt19937& random)
{
    std::normal_distribution<double> pause(everyMinutes * 60, everyMinutes * 6);
    std::exponential_distribution<double> gap(1 / 3.0);
    for (double at = pause(random); at < kDay; at += std::max(pause(random), 60.0)) {
        double inside = at;
        for (int i = 0; i < size; ++i, inside += gap(random))
            calls.push_back({inside, 0.5, name});
    }
}

std::vector<Call> madeUpDay()
{
    std::mt19937 random(7);
    std::vector<Call> calls;
    int count = 0;
    const auto name = [&count] { return "f" + std::to_string(count++); };
    for (const double minutes : {1, 5, 15, 20, 30, 45, 60, 60, 120, 180})
        timer(calls, name(), minutes);
    for (const double minutes : {0.5, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0, 480.0})
        poisson(calls, name(), minutes, random);
    for (const double minutes : {15, 20, 30, 40, 60, 90, 120, 180, 240, 360})
        bursts(calls, name(), minutes, 20, random);
    return calls;
}

std::vector<Call> readTrace(const char* file)
{
    std::vector<Call> calls;
    std::ifstream in(file);
    std::string line;
    while (std::getline(in, line)) {
        std::vector<std::string> cells;
        std::istringstream row(line);
        for (std::string cell; std::getline(row, cell, ',');)
            cells.push_back(cell);
        if (cells.size() == 4 && cells[0] != "app") {
            const double duration = std::atof(cells[3].c_str());
            calls.push_back({std::atof(cells[2].c_str()) - duration, duration, cells[1]});
        }
        for (std::size_t minute = 4; cells.size() > 100 && minute < cells.size(); ++minute) {
            const int count = cells[3] == "Trigger" ? 0 : std::atoi(cells[minute].c_str());
            for (int i = 0; i < count; ++i)
                calls.push_back({(double(minute) - 4) * 60 + 60.0 * i / count, 0.5, cells[2]});
        }
    }
    return calls;
}

void print(const char* label, std::int64_t cold, double gbSeconds, const KeepAlive::Account& account)
{
    std::printf("  %-8s %8lld %8.2f %% %12.2f\n", label, static_cast<long long>(cold),
                100.0 * double(cold) / double(std::max<std::int64_t>(account.calls, 1)), gbSeconds / 3600);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && argv[1] == std::string("--calls")) {
        for (const Call& call : madeUpDay())
            std::printf("made,%s,%.6f,%.3f\n", call.function.c_str(), call.at + call.duration, call.duration);
        return 0;
    }
    std::vector<Call> calls = argc > 1 ? readTrace(argv[1]) : madeUpDay();
    std::sort(calls.begin(), calls.end(), [](const Call& a, const Call& b) { return a.at < b.at; });
    constexpr std::int64_t kFixed = 600'000'000;
    KeepAlive keepAlive(KeepAlive::Policy::Learned, kFixed);
    std::vector<std::pair<double, std::string>> endings; // of functions that run, soonest first
    const auto endUntil = [&](double now) {
        while (!endings.empty() && endings.front().first <= now) {
            keepAlive.wentIdle(endings.front().second,
                               static_cast<std::int64_t>(endings.front().first * 1e6) + 1);
            endings.erase(endings.begin());
        }
    };
    for (const Call& call : calls) {
        endUntil(call.at);
        keepAlive.called(call.function, static_cast<std::int64_t>(call.at * 1e6) + 2, kMemoryMb);
        const double end = call.at + call.duration;
        const auto running = std::find_if(endings.begin(), endings.end(),
                                          [&](const auto& e) { return e.second == call.function; });
        if (running != endings.end() && running->first >= end)
            continue;
        if (running != endings.end())
            endings.erase(running);
        endings.insert(std::upper_bound(endings.begin(), endings.end(), std::pair(end, call.function)),
                       {end, call.function});
    }
    const KeepAlive::Account& account = keepAlive.account();
    std::printf("%zu calls, %lld of them to a function at rest; %d functions with a pattern\n"
                "  %-8s %8s %10s %12s\n",
                calls.size(), static_cast<long long>(account.calls), keepAlive.learnedFunctions(), "policy",
                "cold", "share", "idle GB h");
    print("fixed", account.coldFixed, account.idleGbSecondsFixed, account);
    print("learned", account.coldLearned, account.idleGbSecondsLearned, account);
    return 0;
}
