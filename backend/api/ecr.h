#pragma once

namespace gantry {
class Clock;
struct Place;
} // namespace gantry
namespace gantry::images {
class ImageStore;
}

namespace gantry::api {

class OperationTable;

// Elastic Container Registry's API over the platform's own registry. All must outlive the table.
void registerEcr(OperationTable& table, images::ImageStore& images, const Place& place,
                 const Clock& clock);

} // namespace gantry::api
