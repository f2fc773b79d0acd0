#pragma once

#include "backend/secrets/secret_store.h"

#include <memory>
#include <string>

namespace gantry::functions {
class Registry;
}

namespace gantry::invoke {
class Dispatcher;
}

namespace gantry::secrets {

// Runs rotations: invokes the secret's function once for each of the four steps (createSecret,
// setSecret, testSecret, finishSecret) and notes how it went. The current version stays current
// until the function moves the stage in the last step, so a failure at any step, or the end of the
// daemon, changes nothing for readers. The store keeps the step that is under way: a rotation that
// the end of the daemon interrupted goes on with that step, which functions must be able to repeat
// (as on AWS). I/O thread only.
class Rotator final {
public:
    Rotator(SecretStore& store, functions::Registry& registry, invoke::Dispatcher& dispatcher);
    ~Rotator();

    // Takes up what was interrupted, and orders from then on.
    void start();

private:
    struct Run;
    using RunPtr = std::shared_ptr<Run>;

    void begin(const RotationOrder& order, const std::string& step);
    void next(const RunPtr& run);
    void invoke(const RunPtr& run);
    std::string check(const Run& run) const;
    void fail(const RunPtr& run, const std::string& why);

    SecretStore& m_store;
    functions::Registry& m_registry;
    invoke::Dispatcher& m_dispatcher;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace gantry::secrets
