#pragma once

#include "backend/invoke/admission.h"
#include "backend/invoke/execution.h"
#include "backend/invoke/keep_alive.h"
#include "backend/invoke/platform_log.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry::invoke {

class Worker;

// What runs for one function, over all its versions.
struct FunctionLoad {
    std::string name;
    int running = 0;
    int environments = 0;
    std::optional<int> reserved; // as the latest call said
    TokenBucket starts;
    TokenBucket calls; // when it reserves concurrency
};

// What the pools of one dispatcher share: the collaborators, the account's count, and the closing
// of records, which is the same wherever an invocation ends.
class Core final {
public:
    Core(boost::asio::io_context& io, const Clock& clock, runtime::EnvironmentFactory& environments,
         Observer& observer, Pricer price, Options options);
    ~Core();

    void admitted(FunctionLoad& load, const Execution& execution);
    void released(FunctionLoad& load, const Execution& execution);
    void environmentsChanged(FunctionLoad& load, int delta, bool ofTenant);

    // A line of the platform's own, into the log and the tail of the invocation (which may be
    // null); an empty one is not written.
    void writeLine(const runtime::EnvironmentSpec& spec, const std::string& logStream,
                   std::string message, Execution* execution);
    platform_log::Place logPlace(const runtime::EnvironmentSpec& spec) const;

    // Runs the init of a version once, so that its environments are restored from there.
    void takeSnapshot(const runtime::EnvironmentSpec& spec,
                      runtime::Environment::Initialised done);

    // Writes END and REPORT, prices and hands over the record, and says what to answer.
    Result close(Execution& execution, runtime::InvocationOutcome outcome);
    // The same for an invocation whose environment did not get through its init.
    Result closeFailedInit(Execution& execution, const runtime::InitOutcome& init);

    // Destroys the worker once its own code is no longer on the stack.
    void dispose(std::unique_ptr<Worker> worker);
    // Shuts its environment down in order, then destroys it.
    void shutDown(std::unique_ptr<Worker> worker);
    // Calls back when none is being shut down any more and all that were given up are destroyed.
    void whenAllClosed(std::function<void()> done);

    boost::asio::io_context& io;
    const Clock& clock;
    runtime::EnvironmentFactory& environments;
    Observer& observer;
    Options options;
    Admission admission;
    KeepAlive keepAlive;
    int runningTotal = 0;
    std::function<void()> onIdle; // an environment went idle: keep-alive runs

private:
    Result record(Execution& execution, std::string payload, std::string contentType,
                  std::string_view status);

    void writeFailure(Execution& execution);

    Pricer m_price;
    std::vector<std::unique_ptr<Worker>> m_closing;
    std::vector<std::unique_ptr<Worker>> m_disposed;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::function<void()> m_allClosed;
};

} // namespace gantry::invoke
