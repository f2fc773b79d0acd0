#include "ui/pages/platform/connect_card.h"

#include "ui/rpc/platform_types.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/theme.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::CopyLine;
using widgets::Theme;

namespace {

// Quotes for a POSIX shell where it is needed.
QString shellWord(const QString& text)
{
    const bool plain = std::all_of(text.cbegin(), text.cend(), [](QChar c) {
        return c.isLetterOrNumber() || QStringLiteral("/._-:+").contains(c);
    });
    if (plain && !text.isEmpty())
        return text;
    QString quoted = text;
    quoted.replace(QLatin1Char('\''), QLatin1String("'\\''"));
    return QLatin1Char('\'') + quoted + QLatin1Char('\'');
}

} // namespace

ConnectCard::ConnectCard(QWidget* parent) : QFrame(parent)
{
    setProperty("card", true);
    m_endpoint = new CopyLine(QStringLiteral("copyEndpoint"), tr("Copy the endpoint"), this);
    m_exports = new CopyLine(QStringLiteral("copyExports"), tr("Copy the export lines"), this);
    m_command = new CopyLine(QStringLiteral("copyCommand"), tr("Copy the AWS CLI command"), this);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Use it from AWS tools"), this));
    const std::pair<QString, CopyLine*> parts[] = {
        {tr("Endpoint of the Lambda API, for any AWS SDK"), m_endpoint},
        {tr("In a shell, before boto3, the SDKs or the AWS CLI"), m_exports},
        {tr("Or for one command"), m_command},
    };
    for (const auto& [caption, line] : parts) {
        column->addSpacing(4);
        column->addWidget(widgets::makeCaption(caption, this));
        column->addWidget(line);
    }
}

void ConnectCard::showPlatform(const rpc::PlatformInfo& platform)
{
    const QString credentials = shellWord(platform.credentialsFile);
    m_endpoint->setText(platform.awsEndpoint);
    m_exports->setText(QStringLiteral("export AWS_SHARED_CREDENTIALS_FILE=%1\n"
                                      "export AWS_PROFILE=gantry\n"
                                      "export AWS_DEFAULT_REGION=%2\n"
                                      "export AWS_ENDPOINT_URL=%3")
                           .arg(credentials, platform.region, platform.awsEndpoint));
    m_command->setText(QStringLiteral("AWS_SHARED_CREDENTIALS_FILE=%1 \\\n"
                                      "  aws --profile gantry --region %2 \\\n"
                                      "  --endpoint-url %3 \\\n"
                                      "  lambda list-functions")
                           .arg(credentials, platform.region, platform.awsEndpoint));
}

} // namespace gantry::ui
