#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/functions/layers.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

namespace gantry::functions {

absl::StatusOr<LayerReference> parseLayer(const Place& place, std::string_view nameOrArn)
{
    const std::vector<std::string> parts = absl::StrSplit(view(nameOrArn), ':');
    if (parts.size() == 1)
        return LayerReference{parts[0], 0};
    LayerReference reference;
    const bool versioned = parts.size() == 8;
    if ((parts.size() != 7 && !versioned) || parts[2] != "lambda" || parts[5] != "layer" ||
        (versioned && (!absl::SimpleAtoi(parts[7], &reference.version) || reference.version < 1)))
        return notFound("The resource you requested does not exist.");
    if (parts[3] != place.region || parts[4] != place.accountId) {
        return makeError("AccessDeniedException", 403,
                         absl::StrCat("Not authorized to perform: lambda:GetLayerVersion on "
                                      "resource: ",
                                      view(nameOrArn), " because it is not a layer of this platform (account ",
                                      place.accountId, ", region ", place.region, ")."));
    }
    reference.name = parts[6];
    return reference;
}

std::string layerArn(const Place& place, std::string_view name)
{
    return absl::StrCat("arn:aws:lambda:", place.region, ":", place.accountId, ":layer:",
                        view(name));
}

std::string layerVersionArn(const Place& place, std::string_view name, std::int64_t version)
{
    return absl::StrCat(layerArn(place, name), ":", version);
}

} // namespace gantry::functions
