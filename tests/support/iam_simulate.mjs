// The other end of the differential test: reads the cases of tests/support/policy_oracle.cpp from
// stdin and prints the verdict of @cloud-copilot/iam-simulate for each. The first argument is the
// node_modules directory that has it.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const [, , modules] = process.argv;
const scope = join(modules, '@cloud-copilot');
const at = (...parts) => pathToFileURL(join(scope, ...parts)).href;
const { loadPolicy } = await import(at('iam-policy', 'dist', 'esm', 'index.js'));
const engine = at('iam-simulate', 'dist', 'esm');
const { authorize } = await import(engine + '/core_engine/CoreSimulatorEngine.js');
const { AwsRequestImpl } = await import(engine + '/request/request.js');
const { RequestContextImpl } = await import(engine + '/requestContext.js');
const { DiscoveryContextKeyConstraints } =
    await import(engine + '/context_keys/discoveryContextKeyConstraints.js');

const simulationParameters = { simulationMode: 'Strict',
    discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) };

function verdict(one) {
    const named = (policy, name) => loadPolicy(policy, { name });
    const request = new AwsRequestImpl(one.principal || { type: 'Anonymous' },
        { resource: one.resource, accountId: one.resourceAccount }, one.action,
        new RequestContextImpl(one.context), one.resource === '*');
    return authorize({
        request,
        sessionPolicy: one.session && named(one.session, 'session'),
        identityPolicies: one.identity.map((policy, i) => named(policy, 'identity' + i)),
        serviceControlPolicies: [{ orgIdentifier: 'all', policies: [named(
            { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }, 'all')] }],
        resourceControlPolicies: [{ orgIdentifier: 'all', policies: [named(
            { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' } }, 'all')] }],
        resourcePolicy: one.resourcePolicy && named(one.resourcePolicy, 'resource'),
        permissionBoundaries: one.boundary ? [named(one.boundary, 'boundary')] : undefined,
        vpcEndpointPolicies: undefined,
        simulationParameters,
        serviceSettings: {},
    }).result;
}

const out = [];
for await (const line of createInterface({ input: process.stdin })) {
    try {
        out.push(verdict(JSON.parse(line)));
    } catch (error) {
        out.push('Error: ' + error.message);
    }
}
process.stdout.write(out.join('\n') + '\n');
