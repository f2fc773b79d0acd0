#pragma once

#include "pricing/price_table.h"

#include "gantry/v1/prices.pb.h"

#include <absl/status/statusor.h>

#include <filesystem>
#include <string>
#include <vector>

namespace gantry::cost {

// The table in use, and the message it was made from, which is what clients are told.
struct Prices {
    pricing::PriceTable table;
    v1::PriceTable message;
};

// Where tables are: lambda-REGION.json and, of machines, ec2-REGION.json. A file of the user's takes
// the place of the installation's of that region.
struct PriceFolders {
    std::filesystem::path shipped;
    std::filesystem::path edited;
};

// A table file is a v1::PriceTable in JSON. The error names the file and the field.
absl::StatusOr<Prices> readPrices(const std::filesystem::path& file);

// The prices of a region: `edited`/lambda-REGION.json where the user put one, else that of
// `shipped`, else the shipped table of us-east-1. A file of the user's that is wrong is not used;
// message.problem then says what is wrong with it. Fails only when the installation is broken.
absl::StatusOr<Prices> findPrices(const std::filesystem::path& shipped,
                                  const std::filesystem::path& edited, const std::string& region);

// Of both folders, sorted.
std::vector<std::string> priceRegions(const PriceFolders& folders);
bool isShipped(const PriceFolders& folders, const std::string& region);

// Letters a to z, digits and dashes: it names a file.
bool isRegionName(std::string_view name);

// Keeps a checked table, and the machines it brings, as files of the user's. Blocks.
absl::Status writePrices(const PriceFolders& folders, const v1::PriceTable& table);
// Of the user's files alone. Blocks.
absl::Status removePrices(const PriceFolders& folders, const std::string& region);

} // namespace gantry::cost
