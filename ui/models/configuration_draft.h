#pragma once

#include "ui/rpc/functions_types.h"

#include <QString>

namespace gantry::models {

// Everything about a function that its Configuration tab can change.
struct ConfigurationValues {
    int memoryMb = 128;
    int timeoutS = 3;
    int tmpMb = 512;
    QString architecture;
    QString runtime;
    QString handler;
    QString description;
    rpc::StringMap environment;
    rpc::StringMap tags;
    rpc::LogSettings log;
    bool snapStart = false;
    bool activeTracing = false;
    QString kmsKeyArn; // empty: the platform's own

    friend bool operator==(const ConfigurationValues&, const ConfigurationValues&) = default;
};

ConfigurationValues valuesOf(const rpc::FunctionDetails& details);

// What UpdateFunctionConfiguration must be told; without the tags and the architecture, which other
// operations change. The revision is the precondition.
rpc::ConfigurationChange changeBetween(const ConfigurationValues& before,
                                       const ConfigurationValues& after, const QString& revisionId);
// Whether that change says anything.
bool isEmpty(const rpc::ConfigurationChange& change);

// The limits of the Lambda API, in words. Empty: nothing is wrong.
QString environmentProblem(const QString& key, const QString& value);
QString tagProblem(const QString& key, const QString& value);
QString logGroupProblem(const QString& group);
QString handlerProblem(const QString& handler, const QString& runtime);

inline constexpr int kEnvironmentLimit = 4096;
// Bytes of all names and values.
int environmentBytes(const rpc::StringMap& environment);

} // namespace gantry::models
