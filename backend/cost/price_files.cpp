#include "backend/cost/price_files.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

namespace gantry::cost {
namespace {

namespace fs = std::filesystem;

constexpr char kFallbackRegion[] = "us-east-1";

constexpr std::string_view kTablePrefix = "lambda-", kTableSuffix = ".json";
constexpr std::size_t kMostRegionName = 40;

fs::path tableOf(const fs::path& directory, const std::string& region)
{
    return directory / absl::StrCat(view(kTablePrefix), region, view(kTableSuffix));
}

// A file of that name is a table; which one.
std::string regionOf(const fs::path& file)
{
    const std::string name = file.filename().string();
    if (!name.starts_with(kTablePrefix) || !name.ends_with(kTableSuffix) ||
        name.size() <= kTablePrefix.size() + kTableSuffix.size())
        return {};
    return name.substr(kTablePrefix.size(),
                       name.size() - kTablePrefix.size() - kTableSuffix.size());
}

absl::Status writeMessage(const fs::path& file, const google::protobuf::Message& message)
{
    google::protobuf::util::JsonPrintOptions options;
    options.add_whitespace = true;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = true;
    std::string json;
    const auto printed = google::protobuf::util::MessageToJsonString(message, &json, options);
    if (!printed.ok())
        return serviceError(std::string(printed.message()));
    return store::writeDurably(file, json, absl::StrCat(file.string(), ".", randomHex(6)));
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

bool isRegionName(std::string_view name)
{
    return !name.empty() && name.size() <= kMostRegionName &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == name.npos;
}

std::vector<std::string> priceRegions(const PriceFolders& folders)
{
    std::set<std::string> regions;
    for (const fs::path& folder : {folders.shipped, folders.edited}) {
        std::error_code ignored;
        for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
            if (const std::string region = regionOf(entry.path()); isRegionName(region))
                regions.insert(region);
    }
    return {regions.begin(), regions.end()};
}

bool isShipped(const PriceFolders& folders, const std::string& region)
{
    return fs::exists(tableOf(folders.shipped, region));
}

absl::Status writePrices(const PriceFolders& folders, const v1::PriceTable& table)
{
    v1::PriceTable kept = table;
    kept.clear_file();
    kept.clear_edited();
    kept.clear_instances();
    kept.clear_problem();
    std::error_code error;
    fs::create_directories(folders.edited, error);
    if (error)
        return serviceError(absl::StrCat(folders.edited.string(), ": ", error.message(), "."));
    if (table.instances().instances_size() > 0) {
        const absl::Status status =
            writeMessage(folders.edited / instancesOf(table.region()), table.instances());
        if (!status.ok())
            return status;
    }
    return writeMessage(tableOf(folders.edited, table.region()), kept);
}

absl::Status removePrices(const PriceFolders& folders, const std::string& region)
{
    for (const fs::path& file :
         {tableOf(folders.edited, region), folders.edited / instancesOf(region)}) {
        std::error_code error;
        fs::remove(file, error);
        if (error)
            return serviceError(absl::StrCat(file.string(), ": ", error.message(), "."));
    }
    return absl::OkStatus();
}

} // namespace gantry::cost
