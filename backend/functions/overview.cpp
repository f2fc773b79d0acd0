#include "backend/functions/overview.h"

namespace gantry::functions {

v1::FunctionOverview overviewOf(const Function& function)
{
    const Configuration& c = function.latest->configuration;
    v1::FunctionOverview overview;
    overview.set_name(function.name);
    overview.set_arn(c.function_arn());
    overview.set_runtime(c.runtime());
    overview.set_handler(c.handler());
    overview.set_description(c.description());
    overview.set_memory_mb(c.memory_size());
    overview.set_timeout_s(c.timeout());
    overview.set_architecture(c.architectures(0));
    overview.set_code_size(c.code_size());
    overview.set_last_modified(c.last_modified());
    overview.set_state(c.state());
    overview.set_state_reason(c.state_reason());
    overview.set_last_update_status(c.last_update_status());
    overview.set_package_type(c.package_type());
    overview.set_log_group(c.logging_config().log_group());
    overview.mutable_tags()->insert(function.tags.begin(), function.tags.end());
    return overview;
}

} // namespace gantry::functions
