#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/functions_types.h"
#include "ui/rpc/result.h"

#include <functional>
#include <memory>

namespace gantry::rpc {

// Everything that the console does to functions: the Lambda API's own operations and the
// developer's extras (init check, load, package). Every call comes back on the GUI thread, and not
// at all once its context is gone. Errors carry the AWS error's name. `function` is a name or an
// ARN; an empty qualifier means $LATEST.
class FunctionsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit FunctionsApi(Channel& channel) : m_channel(channel) {}

    void create(const NewFunction& function, QObject* context, Done<FunctionConfiguration> done);
    void updateCode(const QString& function, const CodeUpdate& update, QObject* context,
                    Done<FunctionConfiguration> done);
    void updateConfiguration(const QString& function, const ConfigurationChange& change,
                             QObject* context, Done<FunctionConfiguration> done);
    // With a qualifier only that version goes, without one the function with all of them.
    void remove(const QString& function, const QString& qualifier, QObject* context,
                Done<Nothing> done);
    void get(const QString& function, const QString& qualifier, QObject* context,
             Done<FunctionDetails> done);

    // All pages; $LATEST first.
    void listVersions(const QString& function, QObject* context,
                      Done<std::vector<FunctionConfiguration>> done);
    void publishVersion(const QString& function, const QString& description,
                        const QString& revisionId, QObject* context,
                        Done<FunctionConfiguration> done);

    void listAliases(const QString& function, QObject* context, Done<std::vector<Alias>> done);
    void createAlias(const QString& function, const Alias& alias, QObject* context,
                     Done<Alias> done);
    // Replaces version, description and weights; alias.revisionId is the precondition when set.
    void updateAlias(const QString& function, const Alias& alias, QObject* context,
                     Done<Alias> done);
    void removeAlias(const QString& function, const QString& alias, QObject* context,
                     Done<Nothing> done);

    void tag(const QString& arn, const StringMap& tags, QObject* context, Done<Nothing> done);
    void untag(const QString& arn, const QStringList& keys, QObject* context, Done<Nothing> done);

    // Asks for the log tail. A function error is a reply, not an error of the call.
    void invoke(const InvokeRequest& request, QObject* context, Done<InvokeReply> done);

    void checkInit(const QString& function, QObject* context, Done<InitCheck> done);
    void getPackage(const QString& function, const QString& qualifier, QObject* context,
                    Done<Package> done);
    // Runs until finished or until the stream is destroyed, which stops the load at once.
    std::unique_ptr<Stream> runLoad(const LoadRequest& request,
                                    std::function<void(LoadProgress)> onProgress,
                                    std::function<void(Error)> onEnd);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
