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

absl::StatusOr<Prices> read(const fs::path& file, bool edited)
{
    std::ifstream in(file);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    if (!in.good() && !in.eof())
        return serviceError(absl::StrCat("The price table ", file.string(), " cannot be read."));
    Prices prices;
    const auto wrong = [&file](std::string_view what) {
        return serviceError(
            absl::StrCat("The price table ", file.string(), " is wrong: ", view(what), "."));
    };
    const auto parsed = google::protobuf::util::JsonStringToMessage(content, &prices.message);
    if (!parsed.ok())
        return wrong(std::string(parsed.message()));
    prices.message.set_file(file.string());
    prices.message.set_edited(edited);
    prices.message.clear_problem();
    auto table = pricing::fromMessage(prices.message);
    if (!table.ok())
        return wrong(view(table.status().message()));
    prices.table = *std::move(table);
    return prices;
}

} // namespace

absl::StatusOr<Prices> readPrices(const fs::path& file)
{
    return read(file, false);
}

absl::StatusOr<Prices> findPrices(const fs::path& shipped, const fs::path& edited,
                                  const std::string& region)
{
    std::string problem;
    if (const fs::path own = tableOf(edited, region); fs::exists(own)) {
        auto prices = read(own, true);
        if (prices.ok())
            return prices;
        problem = awsErrorOf(prices.status()).message;
    }
    const bool known = fs::exists(tableOf(shipped, region));
    auto prices = readPrices(tableOf(shipped, known ? region : kFallbackRegion));
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
