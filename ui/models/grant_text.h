#pragma once

#include "ui/rpc/grants_api.h"

#include <QList>
#include <QString>

namespace gantry::models {

// A service that may be let call a function, and what of it calls.
struct CallingService {
    QString name;      // as people know it
    QString principal; // s3.amazonaws.com
    QString source;    // what has a name there: Bucket, Topic; as a label
    QString arn;       // of that, with %1 for REGION:ACCOUNT and %2 for its name
    bool accountless = false; // its ARN says no account, so that is a condition of its own
};

const QList<CallingService>& callingServices();

// The grant that lets a service call; only from the named source, if any. place: REGION:ACCOUNT.
rpc::NewGrant grantTo(const CallingService& service, const QString& sourceName,
                      const QString& place);

// Who a statement is about, in words, and from what alone, by its name.
QString whoText(const rpc::Grant& grant);
QString sourceText(const rpc::Grant& grant);

// A name for a statement that none has yet.
QString statementId(const QString& about);

} // namespace gantry::models
