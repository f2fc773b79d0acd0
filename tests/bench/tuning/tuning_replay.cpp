// How well the tuner chooses, and what that costs: every world is tuned many times with different
// seeds, and what was picked is compared with the best there is. Deterministic. Beside it the
// method of the known tool: 6 sizes x 50 calls, the top and bottom fifth left out.
//
//     tuning_replay [--runs N] [--first-seed N] [--calls N] [--probe-calls N] [--strategy NAME]
//                   [--only TEXT] [--verbose] [FOLDER OF RECORDINGS]
//
// The seeds below 2000 are for working on the method, those from 2001 on for judging it.
//
// The recordings (or GANTRY_TUNING_DATA) are not part of the project; without them only the
// simulated worlds are run.
#include "tests/bench/tuning/worlds.h"

#include "backend/tuning/search.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

using namespace gantry::tuning;
using namespace tuning_bench;

namespace {

struct Settings {
    int runs = 100;
    int firstSeed = 1;
    int calls = 60;
    int probeCalls = Plan().callsPerProbe;
    std::string only;
    std::string strategy; // one of the names in kGoals; empty: all
    bool verbose = false;
    std::string folder;
};

struct Goal {
    const char* name;
    Objective objective;
};

const Goal kGoals[] = {
    {"cost", {Strategy::Cost}},
    {"speed", {Strategy::Speed}},
    {"balanced", {Strategy::Balanced, 0.5}},
};

struct Run {
    double regret = 0;
    double trueScore = 0;
    int calls = 0;
    double gbSeconds = 0;
    int covered = 0, stated = 0; // intervals of cost that hold the truth, of all candidates
    bool pickCovered = true;
};

std::vector<Candidate> candidatesOf(const World& world)
{
    std::vector<Candidate> candidates;
    for (const Architecture architecture : world.architectures())
        for (const int size : world.sizesMb())
            candidates.push_back({size, architecture});
    return candidates;
}

std::vector<Figures> truth(const World& world, const std::vector<Candidate>& candidates)
{
    std::vector<Figures> figures;
    for (const Candidate& candidate : candidates) {
        Figures one;
        const auto ms = world.trueMs(candidate);
        one.possible = ms.has_value();
        if (ms) {
            one.durationMs = *ms;
            one.costUsd = kPrices.of(candidate, world.trueBilledMs(candidate));
        }
        figures.push_back(one);
    }
    return figures;
}

Run tune(const World& world, const Goal& goal, const Settings& settings, std::uint64_t seed)
{
    Plan plan;
    plan.sizesMb = world.sizesMb();
    plan.architectures = world.architectures();
    plan.objective = goal.objective;
    plan.maxCalls = settings.calls;
    plan.callsPerProbe = settings.probeCalls;
    plan.seed = seed;
    std::mt19937_64 random(seed * 7919 + 13);
    Search search(plan, kPrices);
    for (;;) {
        const std::vector<Candidate> round = search.next(2);
        if (round.empty())
            break;
        for (const Candidate& candidate : round)
            search.add(world.measure(candidate, search.plan().callsPerProbe, random));
    }
    Run run;
    run.calls = search.calls();
    run.gbSeconds = search.gbSeconds();
    const std::vector<Figures> actual = truth(world, search.candidates());
    const std::vector<double> trueScores = scores(actual, goal.objective);
    const Choice choice = search.landscape().choose(goal.objective, 0.01);
    const double best = *std::min_element(trueScores.begin(), trueScores.end());
    run.trueScore = trueScores[choice.index];
    run.regret = run.trueScore / best - 1;
    const auto& estimates = search.landscape().estimates();
    if (settings.verbose) {
        const Demand* demand =
            search.landscape().demand(search.candidates()[choice.index].architecture);
        std::printf(
            "  seed %d: %d MB %s, regret %.2f%%, sure %.2f, at most %.2f%%, %d calls, cpu %.1f "
            "wait %.1f threads %.1f metering %d grace %.1f\n",
            int(seed), search.candidates()[choice.index].memoryMb,
            std::string(architectureName(search.candidates()[choice.index].architecture)).c_str(),
            100 * run.regret, choice.sure, 100 * choice.regretAtMost, run.calls, demand->cpuMs,
            demand->waitMs, demand->threads, int(demand->metering), demand->graceMs);
    }
    if (settings.verbose)
        for (const Probe& probe : search.probes())
            std::printf("    %d MB %s: %.1f ms\n", probe.candidate.memoryMb,
                        std::string(architectureName(probe.candidate.architecture)).c_str(),
                        winsorizedMean(warmDurations(probe)));
    for (std::size_t i = 0; i < estimates.size(); ++i) {
        if (!actual[i].possible || estimates[i].state != Estimate::State::Estimated)
            continue;
        const bool in = actual[i].costUsd >= estimates[i].costUsd.low &&
                        actual[i].costUsd <= estimates[i].costUsd.high;
        ++run.stated;
        run.covered += in;
        if (i == choice.index)
            run.pickCovered = in;
    }
    return run;
}

// The known tool with its defaults, on the first architecture, as it measures one at a time.
Run gridTool(const World& world, const Goal& goal, std::uint64_t seed)
{
    std::mt19937_64 random(seed * 104729 + 7);
    Run run;
    const std::vector<Candidate> all = candidatesOf(world);
    const std::vector<Figures> actual = truth(world, all);
    const std::vector<double> trueScores = scores(actual, goal.objective);
    std::vector<Figures> figures(all.size(), Figures{0, 0, 0, false});
    const std::vector<int> sizes = world.sizesMb();
    for (const int wanted : {128, 256, 512, 1024, 1536, 3008}) {
        const auto nearest =
            std::min_element(
                sizes.begin(), sizes.end(),
                [wanted](int a, int b) { return std::abs(a - wanted) < std::abs(b - wanted); }) -
            sizes.begin();
        const auto index = static_cast<std::size_t>(nearest);
        if (wanted > sizes.back() + 64 || !actual[index].possible)
            continue;
        std::vector<double> durations;
        while (durations.size() < 50) // five environments of ten calls each
            for (const Call& call : world.measure(all[index], 10, random).calls) {
                ++run.calls;
                run.gbSeconds += all[index].memoryMb / 1024.0 * call.billedMs / 1000;
                durations.push_back(call.durationMs);
            }
        const double mean = trimmedMean(durations, 0.2);
        figures[index] = {kPrices.of(all[index], std::ceil(mean)), mean, 0, true};
    }
    const std::vector<double> measured = scores(figures, goal.objective);
    const auto pick = static_cast<std::size_t>(std::min_element(measured.begin(), measured.end()) -
                                               measured.begin());
    const double best = *std::min_element(trueScores.begin(), trueScores.end());
    run.trueScore = trueScores[pick];
    run.regret = run.trueScore / best - 1;
    return run;
}

struct Summary {
    double median, p95, disagree, covered, pickCovered, calls, gbSeconds;
};

Summary summarise(const std::vector<Run>& runs)
{
    std::vector<double> regrets, calls, gbSeconds;
    int covered = 0, stated = 0, picks = 0, pairs = 0, apart = 0;
    for (const Run& run : runs) {
        regrets.push_back(run.regret);
        calls.push_back(run.calls);
        gbSeconds.push_back(run.gbSeconds);
        covered += run.covered;
        stated += run.stated;
        picks += run.pickCovered;
    }
    for (std::size_t i = 0; i < runs.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            ++pairs;
            const double low = std::min(runs[i].trueScore, runs[j].trueScore);
            apart += std::max(runs[i].trueScore, runs[j].trueScore) / low > 1.05;
        }
    return {median(regrets),
            percentile(regrets, 0.95),
            pairs ? double(apart) / pairs : 0,
            stated ? double(covered) / stated : 0,
            double(picks) / runs.size(),
            median(calls),
            median(gbSeconds)};
}

void print(const World& world, const char* method, const Goal& goal, const Summary& s,
           bool intervals)
{
    char coverage[32] = "      -       -";
    if (intervals)
        std::snprintf(coverage, sizeof coverage, "%6.1f%% %6.1f%%", 100 * s.covered,
                      100 * s.pickCovered);
    std::printf("%-32s %-6s %-9s %8.2f%% %8.2f%% %8.2f%% %s %6.0f %9.2f\n", world.name().c_str(),
                method, goal.name, 100 * s.median, 100 * s.p95, 100 * s.disagree, coverage, s.calls,
                s.gbSeconds);
    std::fflush(stdout);
}

void compare(const World& world, const Settings& settings, std::vector<std::vector<Run>>& totals)
{
    if (world.name().find(settings.only) == std::string::npos)
        return;
    for (std::size_t g = 0; g < std::size(kGoals); ++g) {
        if (!settings.strategy.empty() && settings.strategy != kGoals[g].name)
            continue;
        std::vector<Run> ours, grid;
        for (int i = 0; i < settings.runs; ++i) {
            const auto seed = static_cast<std::uint64_t>(settings.firstSeed + i);
            ours.push_back(tune(world, kGoals[g], settings, seed));
            grid.push_back(gridTool(world, kGoals[g], seed));
        }
        print(world, "gantry", kGoals[g], summarise(ours), true);
        print(world, "grid", kGoals[g], summarise(grid), false);
        totals[g].insert(totals[g].end(), ours.begin(), ours.end());
    }
}

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    if (const char* folder = std::getenv("GANTRY_TUNING_DATA"))
        settings.folder = folder;
    for (int i = 1; i < argc; ++i) {
        if (!std::strcmp(argv[i], "--runs") && i + 1 < argc)
            settings.runs = std::atoi(argv[++i]);
        else if (!std::strcmp(argv[i], "--first-seed") && i + 1 < argc)
            settings.firstSeed = std::atoi(argv[++i]);
        else if (!std::strcmp(argv[i], "--probe-calls") && i + 1 < argc)
            settings.probeCalls = std::atoi(argv[++i]);
        else if (!std::strcmp(argv[i], "--calls") && i + 1 < argc)
            settings.calls = std::atoi(argv[++i]);
        else if (!std::strcmp(argv[i], "--only") && i + 1 < argc)
            settings.only = argv[++i];
        else if (!std::strcmp(argv[i], "--strategy") && i + 1 < argc)
            settings.strategy = argv[++i];
        else if (!std::strcmp(argv[i], "--verbose"))
            settings.verbose = true;
        else
            settings.folder = argv[i];
    }
    std::printf("%-32s %-6s %-9s %9s %9s %9s %7s %7s %6s %9s\n", "world", "method", "strategy",
                "regret", "p95", ">5% apart", "covered", "of pick", "calls", "GB-s");
    std::vector<std::vector<Run>> recorded(std::size(kGoals)), synthetic(std::size(kGoals));
    if (std::filesystem::exists(settings.folder + "/aws_lambda_cpu16ms_195sizes_truth.csv")) {
        for (const auto& [every, arm] : std::initializer_list<std::pair<bool, bool>>{
                 {false, true}, {false, false}, {true, false}})
            compare(*recordedSizes(settings.folder, every, arm), settings, recorded);
        for (const auto& world : recordedRuntimes(settings.folder))
            compare(*world, settings, recorded);
    } else {
        std::printf("no recordings: pass their folder, or set GANTRY_TUNING_DATA\n");
    }
    std::vector<int> sizes;
    for (int size = 128; size <= 3008; size += 64)
        sizes.push_back(size);
    for (const auto& world : simulated(sizes))
        compare(*world, settings, synthetic);
    return 0;
}
