#pragma once

namespace gantry::functions {
class Registry;
}
namespace gantry::images {
class ImageStore;
}

namespace gantry::api {

class OperationTable;

// gantry.v1.Images: the console's library of container images. All must outlive the table.
void registerImages(OperationTable& table, images::ImageStore& images,
                    const functions::Registry& registry);

} // namespace gantry::api
