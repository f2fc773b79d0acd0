#pragma once

#include "ui/rpc/platform_types.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace gantry::models {

class PackageSource;

// What was read out of the files, each with the reason that the deploy dialog shows.
struct Inference {
    QString runtime;  // empty: the files do not say
    QString runtimeReason;
    QString handler;  // empty: none was found
    QString handlerReason;
    QStringList handlers;  // every candidate, best first
    QString name;          // for the function; always valid
    QString warning;       // what will not work as it is, with what to do
};

// Guesses runtime and handler as a person would: a template beside the code is believed first, then
// well-known file and handler names, then whatever function takes an event and a context.
Inference inferPackage(const PackageSource& source, const QList<rpc::RuntimeInfo>& runtimes);

// The runtime of a family for a new function here: one that AWS still accepts, the host's own version
// if possible, else the nearest to it; one that cannot run here only when none of the family can.
QString bestRuntime(const QList<rpc::RuntimeInfo>& runtimes, const QString& family);

// A valid function name made of a folder's or a file's name.
QString functionNameFrom(const QString& text);

} // namespace gantry::models
