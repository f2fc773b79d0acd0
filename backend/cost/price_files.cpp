#include "backend/cost/price_files.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iterator>
#include <utility>

namespace gantry::cost {
namespace {

namespace fs = std::filesystem;

constexpr char kFallbackRegion[] = "us-east-1";

fs::path tableOf(const fs::path& directory, const std::string& region)
{
    return directory / absl::StrCat("lambda-", region, ".json");
}

std::string instancesOf(const std::string& region)
{
    return absl::StrCat("ec2-", region, ".json");
}

absl::Status wrong(const fs::path& file, std::string_view what)
{
    return serviceError(
        absl::StrCat("The price table ", file.string(), " is wrong: ", view(what), "."));
}

absl::Status readMessage(const fs::path& file, google::protobuf::Message* message)
{
    std::ifstream in(file);
    if (!in)
        return serviceError(absl::StrCat("The price table ", file.string(), " cannot be read."));
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    const auto parsed = google::protobuf::util::JsonStringToMessage(content, message);
    return parsed.ok() ? absl::OkStatus() : wrong(file, std::string(parsed.message()));
}

absl::StatusOr<Prices> read(const fs::path& file, const fs::path& instances, bool edited)
{
    Prices prices;
    if (const absl::Status status = readMessage(file, &prices.message); !status.ok())
        return status;
    prices.message.set_file(file.string());
    prices.message.set_edited(edited);
    prices.message.clear_problem();
    prices.message.clear_instances();
    if (fs::exists(instances)) {
        const absl::Status status = readMessage(instances, prices.message.mutable_instances());
        if (!status.ok())
            return status;
    }
    auto table = pricing::fromMessage(prices.message);
    if (!table.ok())
        return wrong(file, view(table.status().message()));
    prices.table = *std::move(table);
    return prices;
}

} // namespace

absl::StatusOr<Prices> readPrices(const fs::path& file)
{
    return read(file, fs::path(), false);
}

absl::StatusOr<Prices> findPrices(const fs::path& shipped, const fs::path& edited,
                                  const std::string& region)
{
    std::string problem;
    const fs::path own = edited / instancesOf(region);
    const fs::path machines = fs::exists(own) ? own : shipped / instancesOf(region);
    if (const fs::path table = tableOf(edited, region); fs::exists(table)) {
        auto prices = read(table, machines, true);
        if (prices.ok())
            return prices;
        problem = awsErrorOf(prices.status()).message;
    }
    const bool known = fs::exists(tableOf(shipped, region));
    const std::string used = known ? region : kFallbackRegion;
    auto prices = read(tableOf(shipped, used), machines, false);
    if (!prices.ok() && fs::exists(own)) {
        problem = awsErrorOf(prices.status()).message;
        prices = read(tableOf(shipped, used), shipped / instancesOf(used), false);
    }
    if (!prices.ok())
        return prices;
    if (problem.empty() && !known)
        problem = absl::StrCat("There is no price table of ", region, ": these are the prices of ",
                               kFallbackRegion, ". Put one into ", tableOf(edited, region).string(),
                               ".");
    prices->message.set_problem(problem);
    return prices;
}

} // namespace gantry::cost
