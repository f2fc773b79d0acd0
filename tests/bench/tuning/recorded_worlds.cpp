#include "tests/bench/tuning/worlds.h"

#include <boost/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace tuning_bench {
namespace {

using gantry::tuning::Call;

constexpr double kArmStandIn = 1.1;

std::vector<std::string> fields(const std::string& line)
{
    std::vector<std::string> result;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, ',');)
        result.push_back(field);
    return result;
}

class Sizes final : public World {
public:
    Sizes(const std::filesystem::path& folder, bool everySize, bool withArm) : m_withArm(withArm)
    {
        std::ifstream truth(folder / "aws_lambda_cpu16ms_195sizes_truth.csv");
        std::string line;
        std::getline(truth, line);
        while (std::getline(truth, line)) {
            const auto field = fields(line);
            m_truth[std::stoi(field[0])] = {std::stod(field[2]), std::stod(field[6])};
        }
        const auto sample = folder / "aws_lambda_cpu16ms_195sizes_sample.csv.gz";
        const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(sample.c_str(), "rb"), gzclose);
        char row[256];
        gzgets(file.get(), row, sizeof row);
        while (gzgets(file.get(), row, sizeof row)) {
            const auto field = fields(row);
            auto& batches = m_calls[std::stoi(field[0])];
            const auto batch = static_cast<std::size_t>(std::stoi(field[1]));
            if (batches.size() <= batch)
                batches.resize(batch + 1);
            batches[batch].push_back({std::stod(field[3]), std::stod(field[4])});
        }
        for (const auto& [size, batches] : m_calls)
            m_sizes.push_back(size);
        if (!everySize)
            m_sizes = evenly(m_sizes, 46);
    }

    std::string name() const override
    {
        return std::string("AWS, cpu 16 ms, ") + std::to_string(m_sizes.size()) +
               (m_withArm ? " sizes x 2" : " sizes");
    }
    std::vector<int> sizesMb() const override { return m_sizes; }
    std::vector<Architecture> architectures() const override
    {
        if (m_withArm)
            return {Architecture::X86, Architecture::Arm};
        return {Architecture::X86};
    }

    Probe measure(const Candidate& candidate, int calls, std::mt19937_64& random) const override
    {
        Probe probe{candidate, {}};
        const auto& batches = m_calls.at(candidate.memoryMb);
        const auto& batch = batches[random() % batches.size()];
        const std::size_t first = random() % batch.size();
        for (int i = 0; i < calls; ++i) {
            const auto& [duration, billed] = batch[(first + static_cast<std::size_t>(i)) % batch.size()];
            Call call;
            call.cold = i == 0; // the recording has no cold calls: this one is not looked at
            call.durationMs = duration * factor(candidate);
            call.billedMs = factor(candidate) == 1 ? billed : std::ceil(call.durationMs);
            probe.calls.push_back(call);
        }
        return probe;
    }

    std::optional<double> trueMs(const Candidate& candidate) const override
    {
        return m_truth.at(candidate.memoryMb).first * factor(candidate);
    }
    double trueBilledMs(const Candidate& candidate) const override
    {
        const auto& [mean, billed] = m_truth.at(candidate.memoryMb);
        return factor(candidate) == 1 ? billed : mean * factor(candidate) + 0.5;
    }

private:
    static double factor(const Candidate& candidate)
    {
        return candidate.architecture == Architecture::Arm ? kArmStandIn : 1;
    }
    static std::vector<int> evenly(const std::vector<int>& all, int count)
    {
        std::vector<int> chosen;
        for (int i = 0; i < count; ++i)
            chosen.push_back(
                all[static_cast<std::size_t>(std::lround(i * (all.size() - 1.0) / (count - 1)))]);
        return chosen;
    }

    bool m_withArm;
    std::vector<int> m_sizes;
    std::map<int, std::pair<double, double>> m_truth; // mean, mean billed
    std::map<int, std::vector<std::vector<std::pair<double, double>>>> m_calls;
};

class Runtime final : public World {
public:
    Runtime(std::string name, const boost::json::object& architectures) : m_name(std::move(name))
    {
        for (const auto& [architecture, sizes] : architectures)
            for (const auto& [size, runs] : sizes.as_object()) {
                auto& calls = m_calls[{std::stoi(std::string(size)), architecture == "arm64"}];
                for (const auto& run : runs.as_array()) {
                    const boost::json::object& fields = run.as_object();
                    if (fields.contains("init_duration")) // the few warm ones are another matter
                        calls.push_back(fields.at("duration").to_number<double>());
                }
                if (architecture == "arm64")
                    m_sizes.push_back(std::stoi(std::string(size)));
            }
        std::sort(m_sizes.begin(), m_sizes.end());
    }

    std::string name() const override { return "AWS, " + m_name + ", 16 sizes x 2"; }
    std::vector<int> sizesMb() const override { return m_sizes; }
    std::vector<Architecture> architectures() const override
    {
        return {Architecture::X86, Architecture::Arm};
    }
    Probe measure(const Candidate& candidate, int calls, std::mt19937_64& random) const override
    {
        Probe probe{candidate, {}};
        const auto& recorded = of(candidate);
        for (int i = 0; i < calls; ++i) {
            Call call;
            call.cold = i == 0;
            call.durationMs = recorded[random() % recorded.size()];
            call.billedMs = std::ceil(call.durationMs);
            probe.calls.push_back(call);
        }
        return probe;
    }
    std::optional<double> trueMs(const Candidate& candidate) const override
    {
        double sum = 0;
        for (const double duration : of(candidate))
            sum += duration;
        return sum / static_cast<double>(of(candidate).size());
    }
    double trueBilledMs(const Candidate& candidate) const override
    {
        return *trueMs(candidate) + 0.5;
    }

private:
    const std::vector<double>& of(const Candidate& candidate) const
    {
        return m_calls.at({candidate.memoryMb, candidate.architecture == Architecture::Arm});
    }

    std::string m_name;
    std::vector<int> m_sizes;
    std::map<std::pair<int, bool>, std::vector<double>> m_calls;
};

} // namespace

std::unique_ptr<World> recordedSizes(const std::filesystem::path& folder, bool everySize,
                                     bool withArm)
{
    return std::make_unique<Sizes>(folder, everySize, withArm);
}

std::vector<std::unique_ptr<World>> recordedRuntimes(const std::filesystem::path& folder)
{
    std::ifstream in(folder / "mbwilding_2arch_16sizes.json");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    std::vector<std::unique_ptr<World>> worlds;
    const boost::json::value root = boost::json::parse(text);
    for (const auto& [runtime, architectures] : root.as_object())
        worlds.push_back(std::make_unique<Runtime>(std::string(runtime), architectures.as_object()));
    return worlds;
}

} // namespace tuning_bench
