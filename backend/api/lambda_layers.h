#pragma once

#include "backend/api/operation_table.h"

#include <functional>
#include <string>

namespace gantry::functions {
class Layers;
class Registry;
}

namespace gantry::api {

// The address of a layer version's package.
using LayerLink = std::function<std::string(const std::string& name, std::int64_t version)>;

// Every operation on layers, their permissions, and the download that LayerLink leads to. The
// layers and the registry, which knows how much code there may be, must outlive the table.
void registerLambdaLayers(OperationTable& table, functions::Layers& layers,
                          const functions::Registry& registry, LayerLink link);

} // namespace gantry::api
