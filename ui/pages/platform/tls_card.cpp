#include "ui/pages/platform/tls_card.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSaveFile>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace gantry::ui {

using models::TrustStore;
using widgets::CopyLine;
using widgets::Theme;

TlsCard::TlsCard(rpc::Channel& channel, QWidget* parent)
    : QFrame(parent), m_api(channel), m_on(new QCheckBox(tr("Serve HTTPS as well"))),
      m_where(widgets::makeCaption({})), m_details(new QWidget),
      m_authority(widgets::makeCaption({})), m_what(widgets::makeCaption({})),
      m_trust(widgets::makeButton(QStringLiteral("trustAuthority"), tr("Trust the local CA"))),
      m_save(widgets::makeButton(QStringLiteral("saveCertificate"), tr("Save certificate…"),
                                 widgets::ButtonKind::Normal, QStringLiteral("export"))),
      m_system(new CopyLine(QStringLiteral("trustSystem"), tr("Copy the command for the system"))),
      m_programs(new CopyLine(QStringLiteral("trustPrograms"), tr("Copy the variables for programs")))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("tlsCard"));
    build();
    connect(m_on, &QCheckBox::toggled, this, &TlsCard::change);
    connect(m_trust, &QPushButton::clicked, this, &TlsCard::trust);
    connect(m_save, &QPushButton::clicked, this, &TlsCard::saveCertificate);
    connect(&m_store, &TrustStore::checked, this, [this](bool trusted) {
        m_trusted = trusted;
        updateControls();
    });
    connect(&m_store, &TrustStore::done, this, [this](bool ok, const QString& problem) {
        updateControls();
        if (!ok)
            Q_EMIT messageRequested(tr("The trust was not changed: %1").arg(problem), true);
        else
            Q_EMIT messageRequested(tr("Done. Browsers that are open read it when they start anew."),
                                    false);
    });
    updateControls();
}

void TlsCard::build()
{
    widgets::identify(m_on, QStringLiteral("serveTls"), tr("Serve HTTPS as well"),
                      tr("Function URLs and the AWS API at a second port, with a certificate of this "
                         "installation; remembered over restarts"));
    m_where->setObjectName(QStringLiteral("tlsEndpoint"));
    m_authority->setObjectName(QStringLiteral("tlsAuthority"));
    m_what->setObjectName(QStringLiteral("trustText"));
    m_save->setToolTip(tr("As a PEM file, for other programs"));

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::kSpace);
    buttons->addWidget(m_trust);
    buttons->addWidget(m_save);
    buttons->addStretch(1);
    auto* details = new QVBoxLayout(m_details);
    details->setContentsMargins(0, 0, 0, 0);
    details->setSpacing(Theme::kSpace);
    details->addWidget(m_authority);
    details->addWidget(m_what);
    details->addLayout(buttons);
    details->addWidget(widgets::makeCaption(tr("For all users and programs of this machine:")));
    details->addWidget(m_system);
    details->addWidget(widgets::makeCaption(tr("For Node.js, the AWS CLI and boto3, and curl:")));
    details->addWidget(m_programs);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("HTTPS"), this));
    column->addWidget(m_on);
    column->addWidget(m_where);
    column->addWidget(m_details);
}

void TlsCard::load()
{
    m_api.status(this, [this](const rpc::Result<rpc::TlsStatus>& status) {
        if (status)
            take(*status);
    });
}

void TlsCard::take(const rpc::TlsStatus& status)
{
    const bool another = status.authorityName != m_status.authorityName;
    m_status = status;
    m_loaded = true;
    const QSignalBlocker quiet(m_on);
    m_on->setChecked(status.on);
    if (another && !status.authorityName.isEmpty())
        m_store.check(status.authorityName);
    updateControls();
}

void TlsCard::change(bool on)
{
    m_on->setEnabled(false);
    m_api.setOn(on, this, [this](const rpc::Result<rpc::TlsStatus>& status) {
        if (status)
            return take(*status);
        take(rpc::TlsStatus(m_status)); // as it was
        Q_EMIT messageRequested(status.error().message, true);
    });
}

void TlsCard::trust()
{
    m_trust->setEnabled(false);
    if (m_trusted)
        m_store.remove(m_status.authorityName);
    else
        m_store.install(m_status.authorityName, m_status.certificateFile);
}

void TlsCard::saveCertificate()
{
    auto* dialog = new QFileDialog(this, tr("Save the certificate of the local CA"), {},
                                   tr("Certificates (*.pem *.crt)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(QStringLiteral("gantry-local-ca.pem"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QSaveFile file(path);
        const bool saved = file.open(QIODevice::WriteOnly) &&
                           file.write(m_status.certificatePem.toUtf8()) >= 0 && file.commit();
        Q_EMIT messageRequested(saved ? tr("The certificate is saved as %1").arg(path)
                                      : tr("%1 could not be written: %2").arg(path, file.errorString()),
                                !saved);
    });
    dialog->open();
}

void TlsCard::updateControls()
{
    m_on->setEnabled(m_loaded);
    m_where->setText(
        m_status.on ? tr("At %1, for %2.").arg(m_status.endpoint, m_status.names.join(QStringLiteral(", ")))
                    : tr("Off. Function URLs are served over plain HTTP, which stays on this machine."));
    m_details->setVisible(m_status.on);
    if (!m_status.on)
        return;
    m_authority->setText(tr("%1, until %2. SHA-256 %3")
                             .arg(m_status.authorityName,
                                  QLocale().toString(m_status.expires.date(), QLocale::ShortFormat),
                                  m_status.fingerprint));
    const bool can = !TrustStore::certutil().isEmpty();
    m_trust->setText(m_trusted ? tr("Trust it no longer") : tr("Trust the local CA"));
    m_trust->setAccessibleName(m_trust->text());
    m_trust->setToolTip(TrustStore::userCommand(m_status.authorityName, m_status.certificateFile));
    m_trust->setEnabled(can && !m_store.isBusy());
    if (m_trusted)
        m_what->setText(tr("Browsers of yours that use %1 trust it. It can sign for localhost and "
                           "127.0.0.1 only.")
                            .arg(TrustStore::databaseDirectory()));
    else if (can)
        m_what->setText(tr("Trusting it adds it to %1, where Chromium, Chrome and others look. It can "
                           "sign for localhost and 127.0.0.1 only. Firefox has a store of its own: "
                           "import the saved certificate there.")
                            .arg(TrustStore::databaseDirectory()));
    else
        m_what->setText(tr("To have the browsers of this user trust it by a click, install "
                           "libnss3-tools. The commands below do without."));
    m_system->setText(TrustStore::systemCommand(m_status.certificateFile));
    m_programs->setText(TrustStore::programLines(m_status.certificateFile, m_status.endpoint));
}

} // namespace gantry::ui
