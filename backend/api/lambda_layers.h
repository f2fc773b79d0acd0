#pragma once

#include "backend/api/operation_table.h"

#include <functional>
#include <string>

namespace gantry::functions {
class Layers;
}

namespace gantry::api {

// The address of a layer version's package.
using LayerLink = std::function<std::string(const std::string& name, std::int64_t version)>;

// Every operation on layers, their permissions, and the download that LayerLink leads to. The
// layers must outlive the table.
void registerLambdaLayers(OperationTable& table, functions::Layers& layers, LayerLink link);

} // namespace gantry::api
